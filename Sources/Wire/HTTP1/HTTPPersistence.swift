/// What a response says about its connection (RFC 9112 section 9).
public enum HTTPPersistence: Sendable {
    /// Nothing: the version's default, or a `Connection` field of the caller's own.
    case implied
    /// `connection: close`.
    case close
    /// `connection: keep-alive`, which a client of HTTP/1.0 must be told.
    case keepAlive
}
