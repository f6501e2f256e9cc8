import Domain
import Testing

@Suite struct OrderEventTypeTests {
    @Test func `names are those of the contract`() {
        #expect(OrderStatus.driverArriving.eventType.name == "order.driver_arriving")
        #expect(OrderStatus.accepted.eventType == .accepted)
        #expect(OrderStatus.matching.eventType.name == "order.matching")
        #expect(PreparationState.ready.eventType?.name == "order.ready")
        #expect(PreparationState.waiting.eventType == nil)
    }

    @Test func `each type goes out under exactly one name`() {
        #expect(OrderEventType.created.socketEvent == "order_created")
        #expect(OrderEventType.accepted.socketEvent == "order_accepted")
        for type in OrderEventType.all where type != .created && type != .accepted {
            #expect(type.socketEvent == "order_status_update")
        }
        #expect(OrderEventType.all.count == 16)
        #expect(Set(OrderEventType.all).count == 16)
    }
}
