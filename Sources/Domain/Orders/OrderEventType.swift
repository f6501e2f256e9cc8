/// The type of an order event, and the name under which it is pushed to sockets.
public struct OrderEventType: Hashable, Sendable {
    /// As in the event's `type` and the bus topic: `order.driver_arriving`.
    public let name: String

    public static let created = OrderEventType(name: "order.created")
    public static let accepted = OrderEventType(name: "order.accepted")
    public static let preparing = OrderEventType(name: "order.preparing")
    public static let ready = OrderEventType(name: "order.ready")

    init(status: OrderStatus) {
        name = "order." + status.rawValue.lowercased()
    }

    private init(name: String) {
        self.name = name
    }

    /// Each event goes out under exactly one name: those of `order.created` and `order.accepted`, else the common one.
    public var socketEvent: String {
        switch self {
        case .created: "order_created"
        case .accepted: "order_accepted"
        default: "order_status_update"
        }
    }

    /// Every type there is, for documents and validation of topics.
    public static let all: [OrderEventType] =
        [.created, .preparing, .ready] + OrderStatus.allCases.filter { $0 != .pending }.map(\.eventType)
}
