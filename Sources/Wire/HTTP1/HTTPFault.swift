/// Why an HTTP/1.1 message was refused. A request so refused is answered with ``status`` and the connection closed:
/// where the next request begins is not known.
public enum HTTPFault: Equatable, Sendable {
    /// The request line is not `method SP target SP version` (RFC 9112 section 3).
    case invalidRequestLine
    /// The status line is not `version SP status SP reason` (RFC 9112 section 4).
    case invalidStatusLine
    /// A carriage return or a line feed alone.
    case bareLineBreak
    /// A target of no form that the method allows (RFC 9112 section 3.2).
    case invalidTarget
    case targetTooLong
    /// A version of HTTP other than 1.0 and 1.1.
    case unsupportedVersion
    /// CONNECT: this is no proxy.
    case unsupportedMethod
    /// A field name that is no token: empty, folded, or with white space before its colon (RFC 9112 section 5).
    case invalidFieldName
    /// A control character in a field's value (RFC 9110 section 5.5).
    case invalidFieldValue
    /// More bytes or more fields than the limits allow.
    case headTooLarge
    /// `Host` absent in HTTP/1.1, repeated, or no host (RFC 9112 section 3.2).
    case invalidHost
    /// `Content-Length` repeated, or no decimal number (RFC 9112 section 6.3).
    case invalidContentLength
    /// Both `Content-Length` and `Transfer-Encoding`, or the latter in HTTP/1.0 (RFC 9112 section 6.1).
    case conflictingFraming
    /// `Transfer-Encoding` that is repeated or malformed.
    case invalidTransferCoding
    /// A transfer coding other than chunked.
    case unsupportedTransferCoding
    /// An expectation other than `100-continue` (RFC 9110 section 10.1.1).
    case unsupportedExpectation
    /// A chunk's size, extension or end is malformed (RFC 9112 section 7.1).
    case invalidChunk
    /// A body beyond the limit.
    case bodyTooLarge
    /// The connection ended inside a message.
    case truncated
    /// A WebSocket handshake without what RFC 6455 section 4.2.1 asks for.
    case invalidUpgrade
    /// A WebSocket version other than 13.
    case unsupportedWebSocketVersion

    /// The status to answer a request with.
    public var status: Int {
        switch self {
        case .targetTooLong: 414
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .unsupportedVersion: 505
        case .unsupportedExpectation: 417
        case .unsupportedWebSocketVersion: 426
        default: 400
        }
    }
}
