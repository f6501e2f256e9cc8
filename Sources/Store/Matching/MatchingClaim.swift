public import Domain

/// A matching step that this caller holds for the length of its lease, with what the policy needs to know.
public struct MatchingClaim: Sendable {
    public let orderID: UUID16
    public let step: Int
    /// The order's version: offers made now bear it.
    public let version: Int
    public let snapshot: MatchingSnapshot
    /// Minor units.
    public let total: Int64
    public let currency: String
    /// From pickup to dropoff, as the crow flies.
    public let deliveryMeters: Double
    /// Of the request that led to this entry into matching.
    public let correlationID: String
}
