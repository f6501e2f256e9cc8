public import Domain

/// An order as one account sees it: what the policy needs to decide who may do what, and the resource.
public struct OrderView: Sendable {
    public let id: UUID16
    public let version: Int
    public let facts: OrderFacts
    public let preparation: PreparationState
    public let readyAt: TimeStamp?
    public let customerID: UUID16
    public let merchantID: UUID16
    /// Who has it, or had it at its end.
    public let driverID: UUID16?
    /// The account is a member of the order's merchant.
    public let isMember: Bool
    /// The account is a driver with an offer of it that is open and not over.
    public let hasOffer: Bool
    /// The account was offered it at some time.
    public let wasOffered: Bool
    /// In the contract's shape.
    public let json: [UInt8]

    /// In what capacities the account stands to the order; none: it does not see it.
    public func parties(of account: UUID16, role: Role) -> OrderParties {
        var parties: OrderParties = []
        if role == .admin { parties.insert(.admin) }
        if customerID == account { parties.insert(.customer) }
        if isMember { parties.insert(.merchant) }
        if driverID == account { parties.insert(.driver) }
        if hasOffer { parties.insert(.offeredDriver) }
        return parties
    }

    /// Whether the account may read it: its parties, but who was only offered it.
    public func isVisible(to account: UUID16, role: Role) -> Bool {
        !parties(of: account, role: role).subtracting(.offeredDriver).isEmpty
    }
}
