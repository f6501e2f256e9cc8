/// Why a WebSocket frame or message was refused (RFC 6455); the connection is to be closed with ``closeCode``.
public enum WebSocketFault: Equatable, Sendable {
    /// A reserved bit that no negotiated extension gives a meaning (section 5.2).
    case reservedBitSet
    /// An opcode that section 11.8 does not assign.
    case unknownOpcode
    /// A client's frame without a mask, or a server's with one (section 5.1).
    case wrongMasking
    /// A length not written in its shortest form, or beyond 63 bits (section 5.2).
    case invalidLength
    /// A control frame that is fragmented or longer than 125 bytes (section 5.5).
    case invalidControlFrame
    /// A continuation of nothing, or a new message inside another (section 5.4).
    case unexpectedContinuation
    /// A close frame of one byte, or with a code that must not be sent (section 7.4).
    case invalidCloseCode
    /// Text that is not UTF-8 (section 8.1).
    case invalidUTF8
    /// A message beyond the limit.
    case messageTooLarge
    /// A compressed message that does not decompress (RFC 7692 section 7.2.2).
    case invalidCompression

    /// The status code to close with (section 7.4.1).
    public var closeCode: UInt16 {
        switch self {
        case .invalidUTF8, .invalidCompression: WebSocketCloseCode.invalidPayload
        case .messageTooLarge: WebSocketCloseCode.messageTooBig
        default: WebSocketCloseCode.protocolError
        }
    }
}
