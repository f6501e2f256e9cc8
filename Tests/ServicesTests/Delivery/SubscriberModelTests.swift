import Domain
import Services
import Store
import Testing

/// Thousands of random histories: events lost, doubled, late and out of order on every path, slow sockets, fills
/// that see less than has been committed. At the end each order's events arrived once, in order, without a hole.
@Suite struct SubscriberModelTests {
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    @Test(arguments: 0..<40) func `no history loses, doubles or reorders an event`(seed: Int) {
        var random = Random(state: UInt64(seed))
        for _ in 0..<50 { Self.play(&random) }
    }

    static func play(_ random: inout Random) {
        let orders = (0..<3).map { UUID16(high: 9, low: UInt64($0)) }
        var log: [UUID16: [EventRecord]] = [:]
        var transaction: UInt64 = 100
        var undelivered: [EventRecord] = []
        var told: [UUID16: [Int]] = [:]
        var subscriber = Subscriber(account: SubscriberTests.customer, audience: .customer)
        var isConnected = false
        var begin: UInt64 = 0
        var cursor: UInt64 = 100
        var fills: [(Subscriber.Fill, [EventRecord])] = []

        func give(_ event: EventRecord, _ random: inout Random) {
            let reaction = subscriber.received(
                event, cursor: cursor, canPush: isConnected && Bool.random(using: &random))
            if reaction == .push { told[event.orderID, default: []].append(event.seq) }
        }
        func commit(_ random: inout Random) {
            let order = orders.randomElement(using: &random)!
            let seq = (log[order]?.count ?? 0) + 1
            transaction += 1
            // Every third event ends the order for the time being, so that it is forgotten and met again.
            let status = seq % 3 == 0 ? "DELIVERED" : "MATCHING"
            let event = SubscriberTests.event(seq, status: status, transaction: transaction, order: order)
            log[order, default: []].append(event)
            // The bus may lose it or bring it twice, at any time.
            for _ in 0..<Int.random(in: 0...2, using: &random) { undelivered.append(event) }
        }
        func feed(_ random: inout Random) {
            for event in log.values.joined() where event.transaction >= cursor { give(event, &random) }
            cursor = transaction + 1
            subscriber.prune(cursor: cursor)
        }
        func read(_ random: inout Random) {
            for fill in subscriber.nextFills(limit: 2) {
                fills.append((fill, (log[fill.order] ?? []).filter { $0.seq > fill.after }))
            }
        }
        func answer(_ random: inout Random) {
            guard !fills.isEmpty else { return }
            let (fill, events) = fills.removeFirst()
            if Int.random(in: 0..<8, using: &random) == 0 {
                subscriber.fillFailed(fill)
            } else {
                for event in subscriber.filled(fill, events) { told[event.orderID, default: []].append(event.seq) }
            }
        }

        for step in 0..<60 {
            if step == 15 {
                begin = transaction
                let early = subscriber.connected(
                    snapshot: TransactionSnapshot(lowestRunning: transaction + 1, nextToBegin: transaction + 1),
                    merchants: [], catchUp: [])
                isConnected = true
                for event in early { give(event, &random) }
            }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3: commit(&random)
            case 3..<6:
                if let index = undelivered.indices.randomElement(using: &random) {
                    give(undelivered.remove(at: index), &random)
                }
            case 6: feed(&random)
            case 7: read(&random)
            case 8: answer(&random)
            default: if isConnected, Bool.random(using: &random) { subscriber.resync() }
            }
        }
        feed(&random)
        while subscriber.hasBacklog || !fills.isEmpty {
            read(&random)
            answer(&random)
        }
        for order in orders {
            let expected = (log[order] ?? []).filter { $0.transaction > begin }.map(\.seq)
            #expect(told[order] ?? [] == expected)
        }
    }
}
