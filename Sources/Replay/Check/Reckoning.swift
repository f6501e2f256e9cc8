import EventLoop
import Wire

/// Holds what arrived at the sockets against what the cluster says has happened.
@Loop
enum Reckoning {
    /// Pushes still on their way: the last event of an order whose word was lost comes within 2 s.
    private static let settling: Duration = .seconds(10)
    private static let tick: Duration = .milliseconds(200)
    /// After all has come: what comes now is double.
    private static let aftermath: Duration = .seconds(1)
    private static let requestsAtOnce = 16
    private static let pageSize = 100
    /// No order has so many events; a cluster that never ends its list would keep us for ever.
    private static let maximumPages = 100

    static func count(_ stage: Stage) async throws(ReplayError) -> EventCount {
        let orders = stage.orders.filter { $0.id != nil }
        let store = Store()
        try await Parallel.run(orders.count, atOnce: requestsAtOnce) { index throws(ReplayError) in
            store.events[index] = try await history(orders[index], stage)
        }
        let expected = expectations(orders, store.events, stage.cast.couriers)
        let limit = SystemTiming.shared.now + settling
        while !tally(expected).isComplete, SystemTiming.shared.now < limit { await Pace.sleep(tick) }
        await Pace.sleep(aftermath)
        let malformed = stage.cast.everybody.reduce(0) { $0 + $1.malformed }
        if malformed > 0 { stage.fail("\(malformed) order events could not be read") }
        return tally(expected)
    }

    private final class Store {
        var events: [Int: [OrderEvent]] = [:]
    }

    private struct Expectation {
        let party: Party
        var orders: [String: [Int]] = [:]
    }

    private static func history(_ order: OrderPlay, _ stage: Stage) async throws(ReplayError) -> [OrderEvent] {
        var events: [OrderEvent] = []
        for _ in 0..<maximumPages {
            let path = "/orders/\(order.id ?? "")/events?after=\(events.last?.seq ?? 0)&limit=\(pageSize)"
            let json = try await stage.api.ask(.get, path, as: order.customer.account)
            let page = (json["data"] ?? json).arrayValue ?? []
            for element in page {
                guard let event = OrderEvent(element), event.seq == (events.last?.seq ?? 0) + 1 else {
                    throw .refused("GET \(path): not events in order without a gap")
                }
                events.append(event)
            }
            if page.isEmpty || json["nextCursor"]?.stringValue == nil { break }
        }
        guard !events.isEmpty else { throw .refused("order \(order.plan.name) has no events") }
        return events
    }

    private static func expectations(
        _ orders: [OrderPlay], _ events: [Int: [OrderEvent]], _ couriers: [Party]
    ) -> [Expectation] {
        var expectations: [ObjectIdentifier: Expectation] = [:]
        func expect(_ party: Party, _ order: String, _ events: [OrderEvent]) {
            let seqs = party.audience.expected(of: events)
            if !seqs.isEmpty {
                expectations[ObjectIdentifier(party), default: Expectation(party: party)].orders[order] = seqs
            }
        }
        var couriersByID: [String: Party] = [:]
        for courier in couriers { couriersByID[courier.account.id] = courier }
        for (index, order) in orders.enumerated() {
            guard let id = order.id, let history = events[index] else { continue }
            expect(order.customer, id, history)
            expect(order.merchant, id, history)
            for driver in Set(history.filter(\.isAssignment).compactMap(\.driverID)) {
                if let courier = couriersByID[driver] { expect(courier, id, history) }
            }
        }
        for courier in couriers where expectations[ObjectIdentifier(courier)] == nil {
            expectations[ObjectIdentifier(courier)] = Expectation(party: courier)
        }
        return Array(expectations.values)
    }

    private static func tally(_ expectations: [Expectation]) -> EventCount {
        var count = EventCount()
        for expectation in expectations {
            count.add(expected: expectation.orders, arrivals: expectation.party.log.arrivals)
        }
        return count
    }
}
