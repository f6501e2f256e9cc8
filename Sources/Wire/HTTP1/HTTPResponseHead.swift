/// The head of a response.
public struct HTTPResponseHead: Sendable {
    public let version: HTTPVersion
    public let status: Int
    public let headers: HTTPHeaders
    public let framing: HTTPBodyFraming
    /// Whether the connection may carry another request after this response.
    public let keepsAlive: Bool
}
