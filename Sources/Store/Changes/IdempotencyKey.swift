/// Under what a creating request's answer is kept for 24 h; its account is the creator's.
public struct IdempotencyKey: Sendable {
    /// Which request it is, for instance `POST /api/v1/orders`.
    public let route: String
    /// 1 to 255 printable ASCII characters, as the client sent them.
    public let key: String
    /// A hash of the body: another body under the same key is refused.
    public let bodyHash: [UInt8]

    public init(route: String, key: String, bodyHash: [UInt8]) {
        self.route = route
        self.key = key
        self.bodyHash = bodyHash
    }
}
