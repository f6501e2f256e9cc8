/// What ``WebSocketDecoder`` found next. The bytes of a message are in the array that the caller passed.
public enum WebSocketEvent: Equatable, Sendable {
    /// All input is consumed.
    case needsMore
    /// A whole text message. Known to be UTF-8 unless compressed: then that is to be checked once it is inflated.
    case text(isCompressed: Bool)
    /// A whole binary message.
    case binary(isCompressed: Bool)
    /// To be answered with a pong that has the same bytes.
    case ping
    case pong
    /// The peer closes, with a code unless it gave none; the bytes are its reason, in UTF-8. Nothing follows.
    case close(code: UInt16?)

    public var isMessage: Bool {
        switch self {
        case .text, .binary: true
        case .needsMore, .ping, .pong, .close: false
        }
    }
}
