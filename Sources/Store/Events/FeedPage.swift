/// What one poll of the feed brought.
public struct FeedPage: Sendable {
    /// The next cursor: the snapshot's xmin. Below the one asked with: another server, and everything followed must be
    /// read again.
    public let cursor: UInt64
    /// By order and `seq`.
    public let events: [EventRecord]
    public let offers: [OfferRecord]
    public let access: [AccessChange]
    /// Accounts that joined a merchant.
    public let memberships: [MerchantMembership]
}
