/// One line of the table of order states. What following it brings with it is done by SQL, in the same transaction.
public struct OrderTransition: Hashable, Sendable {
    /// What must hold of the order beside its status.
    public enum Condition: Hashable, Sendable {
        case always
        /// Paid at the door: nothing to wait for.
        case cash
        /// Paid by card, and the payment has been taken.
        case cardPaid
        case delivery
        case parcel
        /// Money has been taken, however.
        case wasPaid
    }

    public let from: OrderStatus
    public let to: OrderStatus
    /// Anyone who stands in one of these capacities may do it.
    public let who: OrderParties
    public let condition: Condition

    init(_ from: OrderStatus, _ to: OrderStatus, _ who: OrderParties, if condition: Condition = .always) {
        self.from = from
        self.to = to
        self.who = who
        self.condition = condition
    }

    /// The request must say why (contract: FAILED {reason}, release {reason}).
    public var requiresReason: Bool { to == .failed || from.isAwaitingPickup && to == .matching }
}
