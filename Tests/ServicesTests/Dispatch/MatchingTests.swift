import Domain
import Postgres
import Services
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct MatchingTests {
    @Test func `a placed order is offered to the nearest drivers right after its commit`() async throws {
        try await withTown { town in
            let drivers = try await town.drivers(5)
            town.dispatch.start()
            let order = try await town.order(offers: 3)
            #expect(town.recorder.open(order).map(\.driverID).sorted() == drivers.prefix(3).sorted())
            #expect(town.recorder.types(order) == ["order.created", "order.matching"])
            let decision = String(decoding: try await town.store.decisions(on: order), as: UTF8.self)
            #expect(decision.contains("\"outcome\":\"ASKING\"") && decision.contains("\"verdict\":\"OFFERED\""))
        }
    }

    @Test func `an order whose wake-up was lost is found by the sweep`() async throws {
        try await withTown { town in
            _ = try await town.driver()
            town.dispatch.start()
            let order = try #require(try await town.place().orderID)
            await town.sweep()
            #expect(town.recorder.open(order).count == 1)
        }
    }

    @Test func `a rejection asks somebody else at once and nobody twice`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 1)) { town in
            let drivers = try await town.drivers(2)
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            _ = try await town.dispatch.offers.reject(
                order, driver: drivers[0], offer: nil, reason: "too far", correlationID: "reject")
            await town.recorder.until { [recorder = town.recorder] in
                recorder.open(order).map(\.driverID) == [drivers[1]]
            }
            _ = try await town.dispatch.offers.reject(
                order, driver: drivers[1], offer: nil, reason: nil, correlationID: "reject")
            // Both have refused for good: that was one try.
            try await town.sql("UPDATE matchings SET retry_at = now(), wake_at = now() WHERE tries_used = 1")
            await town.sweep()
            #expect(town.recorder.open(order).isEmpty)
        }
    }

    @Test func `who let an offer lapse is asked again in a later round only`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 1)) { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            try await town.sql(
                "UPDATE offers SET expires_at = now() - interval '1 second'; UPDATE matchings SET wake_at = now()")
            await town.sweep()
            #expect(town.recorder.offers.last?.state == "EXPIRED")
            #expect(try await town.sql("SELECT tries_used, round, retry_at > now() FROM matchings") == "1|2|t")
            // Too early: a step may come sooner, but does not ask them.
            try await town.sql("UPDATE matchings SET wake_at = now()")
            await town.sweep()
            #expect(town.recorder.open(order).isEmpty)
            #expect(try await town.sql("SELECT tries_used FROM matchings") == "1")
            try await town.sql("UPDATE matchings SET retry_at = now() - interval '1 second', wake_at = now()")
            await town.sweep()
            #expect(town.recorder.open(order).map(\.driverID) == [driver])
        }
    }

    @Test func `an order with nobody near ends UNASSIGNED and goes on when a driver comes on duty`() async throws {
        try await withTown(matching: MatchingSettings(attempts: 1)) { town in
            let driver = try await town.driver(available: false)
            town.dispatch.start()
            let change = try await town.place()
            let order = try #require(change.orderID)
            town.follow(change)
            await town.recorder.until { [recorder = town.recorder] in
                recorder.types(order).last == "order.unassigned"
            }
            _ = try await town.dispatch.drivers.update(driver, available: true, correlationID: "duty")
            await town.recorder.until { [recorder = town.recorder] in recorder.open(order).count == 1 }
            #expect(
                town.recorder.types(order) == [
                    "order.created", "order.matching", "order.unassigned", "order.matching",
                ])
        }
    }

    @Test func `going off duty withdraws the offer and asks somebody else`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 1)) { town in
            let drivers = try await town.drivers(2)
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            _ = try await town.dispatch.drivers.update(drivers[0], available: false, correlationID: "duty")
            await town.recorder.until { [recorder = town.recorder] in
                recorder.open(order).map(\.driverID) == [drivers[1]]
            }
            let withdrawn = try #require(town.recorder.offers.first { $0.isWithdrawn })
            #expect(String(decoding: withdrawn.json, as: UTF8.self).contains("\"reason\":\"OFF_DUTY\""))
        }
    }

    @Test func `a released order is matched anew without who gave it back`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 1)) { town in
            let drivers = try await town.drivers(2)
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            #expect(await town.accept(order, drivers[0]).code == "OK")
            let early = town.recorder.offers[0].offerID
            _ = try await town.dispatch.offers.release(
                order, driver: drivers[0], reason: "flat tyre", correlationID: "release")
            await town.recorder.until { [recorder = town.recorder] in
                recorder.open(order).map(\.driverID) == [drivers[1]]
            }
            let event = try #require(town.recorder.events.last { $0.orderID == order })
            #expect(event.type == "order.matching" && event.previousDriverID == drivers[0])
            // An accept from before the give-back comes too late.
            #expect(await town.accept(order, drivers[0], offer: early).code == "OFFER_EXPIRED")
            #expect(await town.accept(order, drivers[1]).code == "OK")
        }
    }

    @Test func `the order of a driver who was silent for too long is matched anew`() async throws {
        try await withTown(
            matching: MatchingSettings(offersAtOnce: 1), drivers: DriverSettings(silentSeconds: 60, lostSeconds: 2)
        ) { town in
            let drivers = try await town.drivers(2)
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            #expect(await town.accept(order, drivers[0]).code == "OK")
            try await town.sql(
                """
                UPDATE assignments SET accepted_at = now() - interval '1 hour';
                UPDATE driver_positions SET received_at = now() - interval '1 hour' WHERE driver_id = '\(drivers[0])';
                UPDATE nodes SET returned_at = now() - interval '1 hour'
                """)
            // Not before this node has watched for as long itself.
            await town.sweep()
            #expect(town.recorder.events.last?.type == "order.accepted")
            for _ in 0..<40 where town.recorder.open(order).isEmpty { await town.sweep() }
            await town.recorder.until { [recorder = town.recorder] in
                recorder.open(order).map(\.driverID) == [drivers[1]]
            }
            let event = try #require(town.recorder.events.last { $0.orderID == order })
            #expect(String(decoding: event.json, as: UTF8.self).contains("DRIVER_LOST"))
        }
    }

    @Test func `matching goes on by itself when the database is back`() async throws {
        try await withTown { town in
            _ = try await town.driver()
            town.dispatch.start()
            await town.sweep()
            let order = try #require(try await town.place().orderID)
            await town.store.pool.stop()
            town.timing.advance(by: Matching.sweepInterval)
            await settle()
            #expect(town.dispatch.matching.statistics.failures > 0)
            town.store.pool.start()
            await town.sweep()
            #expect(town.recorder.open(order).count == 1)
        }
    }
}
