/// The versions of HTTP that share the syntax of RFC 9112.
public enum HTTPVersion: Sendable {
    case http10, http11
}
