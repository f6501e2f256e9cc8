/// permessage-deflate on WebSockets (RFC 7692), which the server accepts when a client offers it.
public struct MessageCompressionOptions: Sendable {
    /// Bytes of the shortest message that is worth compressing.
    public var threshold = 1_024
    /// The largest window, as a power of two from 9 to 15, that either end may use. A connection that keeps its context
    /// takes `4 << windowBits` bytes and 136 KiB to send, `1 << windowBits` and 12 KiB to receive; without that, these
    /// are taken once for all connections.
    public var windowBits = 15
    /// Lets windows stay from message to message: better compression of small messages, at the memory above for each
    /// connection.
    public var keepsContext = false
    /// Connections that may keep their context; the server answers further ones that no window stays.
    public var maximumContexts = 1_000

    public init() {}
}
