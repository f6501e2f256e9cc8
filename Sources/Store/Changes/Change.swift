public import Domain

/// What a change of state came to: the resource after it and what is to be published, or why it was refused.
public struct Change: Sendable {
    /// Nil when it was made, or had been made before and is answered again.
    public let refusal: Refusal?
    /// An idempotency key's stored answer: nothing was changed and nothing is to be published now.
    public let isReplayed: Bool
    /// The resource in the contract's shape; empty when refused and for changes without one.
    public let json: [UInt8]
    /// The order's version; on a refused accept, reject or transition the version that refused it.
    public let version: Int?
    /// `PRODUCT_…`, `CURRENCY_MISMATCH`, `OUT_OF_STOCK`: the item's index, from 0.
    public let itemIndex: Int?
    /// What was refused, by name (a product's, a field's); on success of a creation its `Location`.
    public let detail: String?
    /// The HTTP status that was stored with the answer, for creations.
    public let status: Int?
    public let orderID: UUID16?
    public let customerID: UUID16?
    public let merchantID: UUID16?
    public let driverID: UUID16?
    /// In order of `seq`.
    public let events: [EventRecord]
    /// Offers that opened or ended, to be told to their drivers.
    public let offers: [OfferRecord]

    /// Whether it is as asked for: made now, or before under the same key.
    public var isDone: Bool { refusal == nil }
}
