import Domain
import Wire

/// An order event as a socket or `GET orders/{id}/events` brings it.
struct OrderEvent: Equatable, Sendable {
    var orderID: String
    var seq: Int
    var type: String
    var status: String
    /// The driver whom an assignment, or its end, concerns.
    var driverID: String?

    init(orderID: String, seq: Int, type: String, status: String, driverID: String? = nil) {
        self.orderID = orderID
        self.seq = seq
        self.type = type
        self.status = status
        self.driverID = driverID
    }

    /// Nil when it is none.
    init?(_ json: JSONValue) {
        guard let orderID = json["orderId"]?.stringValue, let seq = json["seq"]?.integerValue, seq > 0,
            let type = json["type"]?.stringValue, let status = json["status"]?.stringValue
        else { return nil }
        let actor = json["actor"]
        let driver = actor?["kind"]?.stringValue == ActorKind.driver.rawValue ? actor?["id"]?.stringValue : nil
        self.init(
            orderID: orderID, seq: Int(seq), type: type, status: status,
            driverID: json["data"]?["driverId"]?.stringValue ?? driver)
    }

    /// The names under which order events are pushed.
    static let names: Set<String> = Set(OrderEventType.all.map(\.socketEvent))

    /// Nothing follows for anybody, as this client plays it.
    var endsOrder: Bool { OrderStatus(rawValue: status)?.isOpen == false }

    /// Begins an assignment.
    var isAssignment: Bool { type == OrderEventType.accepted.name }

    /// Ends an assignment without ending the order.
    var isUnassignment: Bool { type == OrderStatus.matching.eventType.name }
}
