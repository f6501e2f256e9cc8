/// One line of the table of order states, and what following it brings with it.
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

    /// What was kept of the stock for this order goes back.
    public var returnsStock: Bool { to == .cancelled }

    /// A driver becomes the order's: its load rises, an assignment row begins.
    public var beginsAssignment: Bool { to == .accepted }

    /// The driver is no longer the order's: its load falls, the assignment row ends, and this event is the last of the
    /// order that goes to that driver.
    public var endsAssignment: Bool { from.isAssigned && !to.isAssigned }

    /// Open offers end: what drivers who still hold one are told, nil when there can be none.
    public var withdrawsOffers: OfferWithdrawal? {
        guard from == .matching else { return nil }
        switch to {
        case .accepted: return .accepted
        case .cancelled: return .cancelled
        default: return nil
        }
    }

    /// Enters MATCHING: tries are counted from none, and `wake_at` is now.
    public var entersMatching: Bool { to == .matching }

    /// Leaves MATCHING or a silence check behind: nothing is due any more unless the new status asks for it.
    public var clearsWake: Bool { !to.isAwaitingPickup && to != .matching && to != .unassigned }

    /// The request must say why (contract: FAILED {reason}, release {reason}).
    public var requiresReason: Bool { to == .failed || from.isAwaitingPickup && to == .matching }

    public var closes: Bool { from.isOpen && !to.isOpen }
}
