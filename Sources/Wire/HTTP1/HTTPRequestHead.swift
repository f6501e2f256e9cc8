/// The head of a request, and what it means for the bytes that follow.
public struct HTTPRequestHead: Sendable {
    public let method: HTTPMethod
    /// As it was written: origin form, absolute form, or `*`. Printable ASCII.
    public let target: String
    public let version: HTTPVersion
    public let headers: HTTPHeaders
    public let framing: HTTPBodyFraming
    /// Whether the connection may carry another request after this one (RFC 9112 section 9.3).
    public let keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    public let expectsContinue: Bool
    /// Whether the client asks to change the protocol: `Connection: upgrade` and an `Upgrade` field, in HTTP/1.1.
    public let asksForUpgrade: Bool
}
