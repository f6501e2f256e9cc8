public import Domain

/// A merchant, and whether the account that asks belongs to it.
public struct MerchantView: Sendable {
    public let id: UUID16
    public let currency: String
    public let isMember: Bool
    /// In the contract's shape.
    public let json: [UInt8]
}
