/// What Redis says to one who wants to accept an order.
public enum OrderClaim: Sendable, Equatable {
    /// Go to PostgreSQL; others wait meanwhile.
    case claimed
    /// Somebody else has won at this version of the order, which is newer than the asker's offer: a proof.
    case lost(version: Int64)
    /// Somebody else is asking PostgreSQL just now: no proof of anything.
    case busy
    /// Redis is away, in error or slow: PostgreSQL decides alone.
    case absent
}
