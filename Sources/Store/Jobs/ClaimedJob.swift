public import Domain

/// A job that this worker holds until its lease ends.
public struct ClaimedJob: Sendable {
    /// The idempotency key of effects outside the database.
    public let id: UUID16
    public let queue: String
    /// Jobs of one key run in order, one at a time.
    public let key: String?
    /// JSON.
    public let payload: [UInt8]
    /// From 1.
    public let attempt: Int
    public let correlationID: String
}
