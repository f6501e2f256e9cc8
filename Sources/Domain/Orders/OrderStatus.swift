/// Where an order stands (contract, Order states). Raw values are what goes on the wire and into the database.
public enum OrderStatus: String, CaseIterable, Hashable, Sendable {
    case pending = "PENDING"
    case paid = "PAID"
    case matching = "MATCHING"
    case unassigned = "UNASSIGNED"
    case accepted = "ACCEPTED"
    case driverArriving = "DRIVER_ARRIVING"
    case pickedUp = "PICKED_UP"
    case delivered = "DELIVERED"
    case failed = "FAILED"
    case returned = "RETURNED"
    case processed = "PROCESSED"
    case shipped = "SHIPPED"
    case cancelled = "CANCELLED"
    case refunded = "REFUNDED"

    /// Open orders are caught up on at CONNECT without being named (contract, Socket.IO).
    public var isOpen: Bool {
        switch self {
        case .cancelled, .delivered, .returned, .refunded: false
        default: true
        }
    }

    /// The goods are still at the merchant's: it can be cancelled, and preparation can change.
    public var isBeforeHandover: Bool {
        switch self {
        case .pending, .paid, .matching, .unassigned, .accepted, .driverArriving, .processed: true
        case .pickedUp, .delivered, .failed, .returned, .shipped, .cancelled, .refunded: false
        }
    }

    /// A driver holds it but not the goods: it is matched anew when that driver is lost.
    public var isAwaitingPickup: Bool { self == .accepted || self == .driverArriving }

    /// The type of the event that a change to this status appends. An order's first event is `order.created` whatever
    /// its status.
    public var eventType: OrderEventType { OrderEventType(status: self) }
}
