import Testing

@testable import Replay

@Suite struct ArrivalLogTests {
    static func event(_ order: String, _ seq: Int, _ status: String = "MATCHING") -> OrderEvent {
        OrderEvent(orderID: order, seq: seq, type: "order." + status.lowercased(), status: status)
    }

    @Test func `every arrival is kept as it came`() {
        var log = ArrivalLog()
        for seq in [1, 2, 2, 5, 4] { log.note(Self.event("a", seq)) }
        #expect(log.arrivals == ["a": [1, 2, 2, 5, 4]])
        #expect(log.count == 5)
    }

    @Test func `a resumption names the open orders with the highest seq seen, 0 for one never heard of`() {
        var log = ArrivalLog()
        log.know("new")
        log.note(Self.event("a", 1))
        log.note(Self.event("a", 3))
        log.note(Self.event("b", 1))
        log.note(Self.event("b", 2, "DELIVERED"))
        log.know("b")
        log.know("a")
        let named = Dictionary(uniqueKeysWithValues: log.resumption.map { ($0.order, $0.seq) })
        #expect(named == ["new": 0, "a": 3])
    }
}
