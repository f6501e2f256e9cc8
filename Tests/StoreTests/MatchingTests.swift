import Domain
import Store
import TestSupport
import Testing

struct MatchingTests {
    @Test func `a step that somebody else took over changes nothing`() async throws {
        try await withShop { shop in
            _ = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            let paused = try #require(
                try await shop.store.claimMatching(
                    order: order, limit: 1, settings: shop.settings, silentSeconds: Shop.silentSeconds
                ).first)
            // Leased: nobody else gets it.
            #expect(try await shop.match(order) == nil)
            _ = try shop.sql("UPDATE matchings SET wake_at = clock_timestamp()")
            #expect(try await shop.match(order)?.offers.count == 1)
            let decision = MatchingPolicy.decide(paused.snapshot, settings: shop.settings, jitter: 0.5)
            #expect(decision.offers.count == 1)
            let late = try await shop.store.applyMatching(paused, decision, offers: [(newID(), 300)])
            #expect(late.refusal == .stale)
            #expect(try shop.sql("SELECT count(*) FROM offers") == "1")
        }
    }

    @Test func `two nodes that sweep at once share the steps`() async throws {
        try await withShop(connections: 4) { shop in
            let soup = try await shop.product(stock: nil)
            for _ in 0..<20 { _ = try await shop.order(soup) }
            let settings = shop.settings
            let tasks = (0..<4).map { _ in
                begin {
                    try await shop.store.claimMatching(limit: 20, settings: settings, silentSeconds: 60).map(\.orderID)
                }
            }
            var claimed: [UUID16] = []
            for task in tasks { claimed += try await task.value }
            // The lease is one second, so a slow machine may give a step out again: never two at once.
            #expect(Set(claimed).count == 20)
            #expect(try shop.sql("SELECT count(*) FROM matchings WHERE step = 1") == "0")
        }
    }

    @Test func `who refused is not asked again, who let it lapse may be in a later round`() async throws {
        try await withShop { shop in
            let order = try await shop.order(try await shop.product(stock: nil))
            let refuser = try await shop.driver(north: 100)
            let sleeper = try await shop.driver(north: 200)
            #expect(try await shop.match(order)?.offers.count == 2)
            let refusal = try await shop.store.reject(
                order, driver: refuser, offer: nil, reason: "too \"far\"", correlationID: "c")
            #expect(refusal.isDone)
            #expect(refusal.offers.map(\.state) == ["REJECTED"])
            #expect(try await shop.accept(order, refuser).refusal == .offerExpired)
            _ = try shop.sql("UPDATE offers SET expires_at = clock_timestamp() WHERE state = 'OPEN'")
            // The lapse ends the round, which counts as one try; the next round waits for its time.
            let lapse = try #require(try await shop.match(order))
            #expect(lapse.offers.map(\.state) == ["EXPIRED"])
            #expect(try shop.sql("SELECT tries_used, round FROM matchings") == "1|2")
            #expect(try await shop.match(order) == nil)
            _ = try shop.sql("UPDATE matchings SET wake_at = clock_timestamp(), retry_at = clock_timestamp()")
            let next = try #require(try await shop.match(order))
            #expect(next.offers.map(\.driverID) == [sleeper])
            let decisions = text(try await shop.store.decisions(on: order))
            #expect(decisions.contains(#""verdict":"REJECTED_BEFORE""#))
            #expect(decisions.contains(#""state":"REJECTED","reason":"too \"far\"""#))
        }
    }

    @Test func `every try used up leaves the order unassigned, and a driver who turns up brings it back`() async throws
    {
        try await withShop { shop in
            shop.settings.attempts = 1
            let order = try await shop.order(try await shop.product(stock: nil))
            let unassigned = try #require(try await shop.match(order))
            #expect(unassigned.events.map(\.type) == ["order.unassigned"])
            #expect(try await shop.match(order) == nil)
            let far = try await shop.driver(north: 9000)
            func reopen(_ drivers: [UUID16]?) async throws -> [String] {
                try await shop.store.reopenUnassigned(
                    near: drivers, settings: shop.settings, silentSeconds: Shop.silentSeconds, limit: 10
                ).events.map(\.type)
            }
            #expect(try await reopen([far]).isEmpty)
            try await shop.move(far, north: 7000)
            #expect(try await reopen([]).isEmpty)
            #expect(try await reopen([far]) == ["order.matching"])
            // The count starts anew with each entry, and the offer goes to who turned up.
            #expect(try shop.sql("SELECT tries_used, round FROM matchings") == "0|2")
            #expect(try await shop.match(order)?.offers.map(\.driverID) == [far])
        }
    }

    @Test func `an unassigned order is looked at again by itself`() async throws {
        try await withShop { shop in
            shop.settings.attempts = 1
            let order = try await shop.order(try await shop.product(stock: nil))
            #expect(try await shop.match(order)?.events.count == 1)
            _ = try await shop.driver()
            func sweep() async throws -> Int {
                try await shop.store.reopenUnassigned(
                    near: nil, settings: shop.settings, silentSeconds: Shop.silentSeconds, limit: 10
                ).events.count
            }
            _ = try shop.sql("UPDATE matchings SET recheck_at = clock_timestamp() + interval '1 hour'")
            #expect(try await sweep() == 0)
            _ = try shop.sql("UPDATE matchings SET recheck_at = clock_timestamp()")
            #expect(try await sweep() == 1)
        }
    }

    @Test func `who goes off duty between claim and offer is not asked, and the place is filled at once`() async throws
    {
        try await withShop { shop in
            shop.settings.offersAtOnce = 1
            let leaver = try await shop.driver(north: 100)
            let other = try await shop.driver(north: 200)
            let order = try await shop.order(try await shop.product(stock: nil))
            let claim = try #require(
                try await shop.store.claimMatching(
                    order: order, limit: 1, settings: shop.settings, silentSeconds: Shop.silentSeconds
                ).first)
            _ = try await shop.store.setDriver(leaver, available: false, correlationID: "c")
            let decision = MatchingPolicy.decide(claim.snapshot, settings: shop.settings, jitter: 0.5)
            #expect(decision.offers.map(\.driverId) == [leaver])
            let change = try await shop.store.applyMatching(claim, decision, offers: [(newID(), 300)])
            #expect(change.isDone)
            #expect(change.offers.isEmpty)
            #expect(text(try await shop.store.decisions(on: order)).contains(#""verdict":"GONE""#))
            #expect(try await shop.match(order)?.offers.map(\.driverID) == [other])
        }
    }

    @Test func `of the drivers near those are left out who are full, silent, off duty or too far`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: nil)
            let full = try await shop.driver(north: 10)
            let earlier = try await shop.order(soup)
            #expect(try await shop.match(earlier)?.offers.count == 1)
            #expect(try await shop.accept(earlier, full).isDone)
            let silent = try await shop.driver(north: 20)
            let off = try await shop.driver(north: 30)
            _ = try await shop.driver(north: 8100)
            let free = try await shop.driver(north: 7900)
            _ = try shop.sql(
                "UPDATE driver_positions SET received_at = now() - interval '61 s' WHERE driver_id = '\(silent)'")
            _ = try await shop.store.setDriver(off, available: false, correlationID: "c")
            let order = try await shop.order(soup)
            #expect(try await shop.match(order)?.offers.map(\.driverID) == [free])
            let decisions = text(try await shop.store.decisions(on: order))
            #expect(decisions.contains(#""verdict":"AT_CAPACITY""#))
            #expect(decisions.contains(#""verdict":"SILENT""#))
            // An open socket is life too.
            try await shop.store.stampSeen([silent], node: "node-1")
            let next = try await shop.order(soup)
            #expect(try await Set(shop.match(next)?.offers.map(\.driverID) ?? []) == [silent, free])
        }
    }
}
