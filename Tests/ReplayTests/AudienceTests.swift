import Testing
import Wire

@testable import Replay

@Suite struct AudienceTests {
    static func event(_ seq: Int, _ type: String, _ status: String, driver: String? = nil) -> OrderEvent {
        OrderEvent(orderID: "o", seq: seq, type: type, status: status, driverID: driver)
    }

    let events = [
        event(1, "order.created", "PENDING"), event(2, "order.matching", "MATCHING"),
        event(3, "order.accepted", "ACCEPTED", driver: "d1"), event(4, "order.preparing", "ACCEPTED"),
        event(5, "order.matching", "MATCHING", driver: "d1"), event(6, "order.ready", "MATCHING"),
        event(7, "order.accepted", "ACCEPTED", driver: "d2"),
        event(8, "order.driver_arriving", "DRIVER_ARRIVING", driver: "d2"),
        event(9, "order.picked_up", "PICKED_UP", driver: "d2"), event(10, "order.delivered", "DELIVERED", driver: "d2"),
        event(11, "order.refunded", "REFUNDED"),
    ]

    @Test func `customers and merchants get all`() {
        #expect(Audience.everything.expected(of: events) == Array(1...11))
    }

    @Test func `a driver gets what lies between being given the order and its being taken away`() {
        #expect(Audience.driver("d1").expected(of: events) == [3, 4, 5])
    }

    @Test func `the driver who delivers gets no more after that`() {
        #expect(Audience.driver("d2").expected(of: events) == [7, 8, 9, 10])
    }

    @Test func `a driver who never had it gets nothing`() {
        #expect(Audience.driver("d3").expected(of: events).isEmpty)
    }

    @Test func `an event's driver is the one in its data, else the driver who acted`() throws {
        let text = #"""
            {"orderId":"o","seq":3,"type":"order.accepted","status":"ACCEPTED","at":"2026-11-21T09:30:00.123Z",
            "actor":{"kind":"DRIVER","id":"d1"},"data":{}}
            """#
        #expect(
            OrderEvent(try JSONValue.parse(Array(text.utf8)))
                == Self.event(3, "order.accepted", "ACCEPTED", driver: "d1"))
        let other = text.replacing(#""data":{}"#, with: #""data":{"driverId":"d2"}"#)
        #expect(OrderEvent(try JSONValue.parse(Array(other.utf8)))?.driverID == "d2")
        let customer = text.replacing("DRIVER", with: "CUSTOMER")
        #expect(OrderEvent(try JSONValue.parse(Array(customer.utf8)))?.driverID == nil)
        #expect(OrderEvent(try JSONValue.parse(Array(text.replacing("3,", with: "0,").utf8))) == nil)
    }
}
