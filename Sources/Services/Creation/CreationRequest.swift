public import Store

/// What a creating request asks for beside its body.
public struct CreationRequest: Sendable {
    /// The path of the collection, without a slash at its end: `Location` is this and the new id.
    public let path: String
    /// Under what the answer is kept.
    public let idempotency: IdempotencyKey?

    public init(path: String, idempotency: IdempotencyKey? = nil) {
        self.path = path
        self.idempotency = idempotency
    }
}
