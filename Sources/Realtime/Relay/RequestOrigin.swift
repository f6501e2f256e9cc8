/// What the node that a client reached knows of a request beside its bytes.
public struct RequestOrigin: Sendable {
    /// As `Request.remoteAddress`.
    public let remoteAddress: String
    /// As `Request.isSecure`.
    public let isSecure: Bool
    /// As `Request.correlationID`.
    public let correlationID: String

    public init(remoteAddress: String, isSecure: Bool, correlationID: String) {
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.correlationID = correlationID
    }
}
