import Testing

@testable import Replay

@Suite struct TravelRulesTests {
    let rules = TravelRules(metersPerMinute: 320, pickupService: 4, dropoffService: 6)
    let origin = Point(x: 0, y: 0)

    @Test func `travel takes whole minutes, rounded up`() {
        #expect(rules.travelMinutes(from: origin, to: origin) == 0)
        #expect(rules.travelMinutes(from: origin, to: Point(x: 1, y: 0)) == 1)
        #expect(rules.travelMinutes(from: origin, to: Point(x: 192, y: 256)) == 1)
        #expect(rules.travelMinutes(from: origin, to: Point(x: 192.1, y: 256)) == 2)
    }

    @Test func `pickup is at the later of readiness and half a service after arrival`() {
        #expect(rules.pickup(arrival: 100, ready: 90) == 102)
        #expect(rules.pickup(arrival: 100, ready: 110) == 110)
    }

    @Test func `drop-off is half a service after arrival`() {
        #expect(rules.dropoff(arrival: 100) == 103)
    }

    @Test func `on the way a courier is where the time has brought it, and never beyond`() {
        let target = Point(x: 100, y: -50)
        #expect(origin.moved(towards: target, by: 0.5) == Point(x: 50, y: -25))
        #expect(origin.moved(towards: target, by: 2) == target)
        #expect(origin.moved(towards: target, by: -1) == origin)
    }
}
