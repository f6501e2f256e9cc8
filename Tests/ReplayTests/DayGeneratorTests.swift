import Testing

@testable import Replay

@Suite struct DayGeneratorTests {
    @Test func `the same seed makes the same day, another seed another`() {
        #expect(DayGenerator.day(seed: 3) == DayGenerator.day(seed: 3))
        #expect(DayGenerator.day(seed: 3).orders != DayGenerator.day(seed: 4).orders)
    }

    @Test(arguments: [UInt64(0), 1, 2, .max])
    func `a day is plausible whatever the seed`(_ seed: UInt64) {
        let day = DayGenerator.day(seed: seed)
        #expect(day.orders.count == DayGenerator.orders)
        #expect(day.restaurants.count == DayGenerator.restaurants)
        #expect(day.orders.map(\.placement) == day.orders.map(\.placement).sorted())
        for order in day.orders {
            #expect(order.ready > order.placement)
            #expect(day.restaurants[order.restaurant].place.distance(to: order.dropoff) < 3600)
            #expect(day.couriers.contains { $0.onTime <= order.placement && $0.offTime > order.ready })
        }
        for courier in day.couriers { #expect(courier.offTime > courier.onTime) }
        let noon = day.orders.count { (690..<810).contains($0.placement) }
        let afternoon = day.orders.count { (870..<990).contains($0.placement) }
        #expect(noon > 4 * afternoon)
        #expect(day.orders.count { $0.cancellation != nil } < day.orders.count / 10)
    }
}
