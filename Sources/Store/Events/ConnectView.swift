public import Domain

/// What a socket's CONNECT must know, as of one snapshot.
public struct ConnectView: Sendable {
    /// An order to catch up on, and the last `seq` that the account has of it.
    public struct CatchUp: Sendable, Equatable {
        public let orderID: UUID16
        public let after: Int
    }

    /// `pg_current_snapshot()`: what was committed before.
    public let snapshot: String
    /// The account's role now.
    public let role: Role
    /// `SESSION_REVOKED` or `ACCOUNT_LOCKED`: it may not connect.
    public let refusal: String?
    /// The shops whose orders concern it.
    public let merchants: [UUID16]
    public let catchUp: [CatchUp]
    /// Offers that are open to it.
    public let offers: [OfferRecord]
}
