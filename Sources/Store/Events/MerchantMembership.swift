public import Domain

/// An account belongs to a merchant: it may change it, and hears of its orders.
public struct MerchantMembership: Sendable, Equatable {
    public let accountID: UUID16
    public let merchantID: UUID16

    public init(accountID: UUID16, merchantID: UUID16) {
        self.accountID = accountID
        self.merchantID = merchantID
    }
}
