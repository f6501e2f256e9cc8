import Domain
import EventLoop

/// One order on its way through the day.
@Loop
final class OrderPlay {
    enum End { case delivered, cancelled, unassigned }

    let plan: Day.Order
    let customer: Party
    let merchant: Party
    /// Known once the cluster has answered.
    var id: String?
    /// Placing it was tried, with or without success.
    var isPlacementOver = false
    /// Minutes of the day.
    var pickedUpAt: Double?
    var deliveredAt: Double?
    var end: End?
    /// Its customer cancels it because the day is over.
    var isGivenUp = false
    /// News for the kitchen: the order is known there.
    let kitchen = Wakeup()
    var isKnownInKitchen = false

    init(plan: Day.Order, customer: Party, merchant: Party) {
        self.plan = plan
        self.customer = customer
        self.merchant = merchant
    }

    /// Takes over what the cluster says its status is.
    func update(status: String) {
        guard end == nil, let status = OrderStatus(rawValue: status) else { return }
        switch status {
        case .delivered: end = .delivered
        case .cancelled: end = isGivenUp ? .unassigned : .cancelled
        default: return
        }
        kitchen.wake()
    }
}
