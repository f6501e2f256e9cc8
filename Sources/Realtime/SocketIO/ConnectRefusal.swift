/// What a middleware throws to answer CONNECT_ERROR (Socket.IO 5): the client reads `message` and `data`.
public struct ConnectRefusal: Error, Sendable {
    public let message: String
    /// JSON, passed on as it is; nil leaves the key out.
    public let data: [UInt8]?

    public init(message: String, data: [UInt8]? = nil) {
        self.message = message
        self.data = data
    }

    static let invalidNamespace = ConnectRefusal(message: "Invalid namespace")
    static let tooManyNamespaces = ConnectRefusal(message: "Too many namespaces")
}
