/// In what capacities somebody stands to one order. One account may stand in several.
///
/// Whoever stands in none does not see the order (404, not 403).
public struct OrderParties: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The customer who placed it.
    public static let customer = OrderParties(rawValue: 1 << 0)
    /// A member of the merchant that sells it.
    public static let merchant = OrderParties(rawValue: 1 << 1)
    /// The driver to whom it is assigned now.
    public static let driver = OrderParties(rawValue: 1 << 2)
    /// A driver to whom it was offered: may take or refuse it, no more.
    public static let offeredDriver = OrderParties(rawValue: 1 << 3)
    public static let admin = OrderParties(rawValue: 1 << 4)
    /// The house itself: matching, payment, due work.
    public static let system = OrderParties(rawValue: 1 << 5)

    /// The kind that the event names, the one with a claim of its own before that of office.
    public var actorKind: ActorKind? {
        if contains(.driver) || contains(.offeredDriver) { return .driver }
        if contains(.merchant) { return .merchant }
        if contains(.customer) { return .customer }
        if contains(.admin) { return .admin }
        return contains(.system) ? .system : nil
    }
}
