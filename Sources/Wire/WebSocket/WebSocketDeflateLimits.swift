/// What a server is willing to keep for permessage-deflate.
public struct WebSocketDeflateLimits: Equatable, Sendable {
    /// The largest LZ77 window as a power of two, 9 to 15, in both directions where the client lets the server choose.
    public var windowBits: Int
    /// Whether windows may stay from message to message; otherwise neither end keeps any.
    public var keepsContext: Bool

    public init(windowBits: Int = 15, keepsContext: Bool = false) {
        self.windowBits = windowBits
        self.keepsContext = keepsContext
    }
}
