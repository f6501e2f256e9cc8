import Domain
import EventLoop
import Postgres
import Services
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OffersTests {
    @Test func `of many who accept at once one wins and each of the others is told why`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 20)) { town in
            let drivers = try await town.drivers(20)
            town.dispatch.start()
            let order = try await town.order(offers: 20)
            town.lock.answer = .absent
            let answers = drivers.map { driver in Loop.begin { await town.accept(order, driver).code } }
            var codes: [String] = []
            for answer in answers { codes.append(await answer.value) }
            #expect(codes.count { $0 == "OK" } == 1)
            #expect(codes.count { $0 == "ORDER_ALREADY_ACCEPTED" } == 19)
        }
    }

    @Test func `a driver of capacity one who accepts two orders at once gets one, and the other goes to somebody else`()
        async throws
    {
        try await withTown(matching: MatchingSettings(offersAtOnce: 1)) { town in
            let driver = try await town.driver(north: 100)
            town.dispatch.start()
            let orders = [try await town.order(offers: 1), try await town.order(offers: 1)]
            let second = try await town.driver(north: 200)
            let answers = orders.map { order in Loop.begin { (order, await town.accept(order, driver).code) } }
            var codes: [UUID16: String] = [:]
            for answer in answers {
                let (order, code) = await answer.value
                codes[order] = code
            }
            #expect(codes.values.sorted() == ["DRIVER_AT_CAPACITY", "OK"])
            let lost = try #require(orders.first { codes[$0] != "OK" })
            // The job withdraws the surplus offer, and matching asks the next.
            await town.recorder.until { [recorder = town.recorder] in
                recorder.open(lost).map(\.driverID) == [second]
            }
            #expect(
                town.recorder.offers.contains {
                    $0.orderID == lost && $0.driverID == driver
                        && String(decoding: $0.json, as: UTF8.self).contains("AT_CAPACITY")
                })
            #expect(try await town.sql("SELECT count(*) FROM jobs") == "0")
        }
    }

    @Test func `refusals name their reason`() async throws {
        try await withTown(matching: MatchingSettings(offersAtOnce: 2)) { town in
            let drivers = try await town.drivers(2)
            let stranger = try await town.driver(north: 900)
            town.dispatch.start()
            let order = try await town.order(offers: 2)
            #expect(await town.accept(order, stranger).code == "OFFER_NOT_FOUND")
            #expect(await town.accept(stranger, drivers[0]).code == "OFFER_NOT_FOUND")
            try await town.sql(
                "UPDATE offers SET expires_at = now() - interval '1 ms' WHERE driver_id = '\(drivers[0])'")
            #expect(await town.accept(order, drivers[0]).code == "OFFER_EXPIRED")
            #expect(await town.accept(order, drivers[1]).code == "OK")
            #expect(await town.accept(order, drivers[0]).code == "ORDER_ALREADY_ACCEPTED")

            let cancelled = try await town.order(offers: 2)
            let view = try #require(try await town.store.order(cancelled, for: town.customer))
            let change = try await town.store.transition(
                cancelled, version: view.version, to: .cancelled, actor: .customer, actorID: town.customer,
                correlationID: "cancel")
            town.follow(change)
            #expect(await town.accept(cancelled, drivers[0]).code == "ORDER_CANCELLED")
        }
    }

    @Test func `the winner's repeat gets the same order again, and nothing is published twice`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            let first = try await town.accept(order, driver).get()
            let again = try await town.accept(order, driver).get()
            #expect(first.json == again.json && first.version == again.version)
            // A turn of the loop has ended when the database answers.
            _ = await town.store.ping(timeout: .seconds(5))
            #expect(town.recorder.types(order).count { $0 == "order.accepted" } == 1)
        }
    }

    @Test func `the lock's proof refuses without a question to PostgreSQL`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            town.lock.answer = .lost(version: 7)
            #expect(await town.accept(order, driver).code == "ORDER_ALREADY_ACCEPTED")
            #expect(try await town.sql("SELECT status FROM orders") == "MATCHING")
            // The offer was made here, at the order's second version.
            #expect(town.lock.claims.last?.offerVersion == 2)
            // Another offer than the newest known is no ground for a proof.
            _ = await town.accept(order, driver, offer: order)
            #expect(town.lock.claims.last?.offerVersion == nil)
        }
    }

    @Test func `a win leaves its mark in the lock and a refusal ends its claim`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            #expect(await town.accept(order, order).code == "OFFER_NOT_FOUND")
            #expect(town.lock.releases == 1)
            let answer = try await town.accept(order, driver).get()
            // A turn of the loop has ended when the database answers.
            _ = await town.store.ping(timeout: .seconds(5))
            let win = try #require(town.lock.wins.last)
            #expect(win.order == order && win.driver == driver && win.version == answer.version)
            #expect(town.lock.releases == 1)
        }
    }

    @Test func `an accept whose connection is lost is asked again`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            try await town.store.pool.transaction { transaction in
                _ = try await transaction.query(
                    PostgresStatement("hold", "SELECT 1 FROM orders WHERE id = $1 FOR UPDATE"),
                    [.uuid(high: order.high, low: order.low)])
                let answer = Loop.begin { await town.accept(order, driver).code }
                let waiting = "datname = '\(town.database)' AND wait_event_type = 'Lock'"
                try await until("the accept waits for the order") {
                    try await town.sql("SELECT count(*) FROM pg_stat_activity WHERE \(waiting)") != "0"
                }
                try await town.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(waiting)")
                await until("the outcome is unknown") { town.dispatch.offers.statistics.unknownOutcomes > 0 }
                // The pause before it is asked again.
                town.timing.advance(by: .seconds(1))
                _ = answer
            }
            await town.recorder.until { [recorder = town.recorder] in
                recorder.types(order).last == "order.accepted"
            }
            #expect(await town.accept(order, driver).code == "OK")
        }
    }

    @Loop
    private static func release(_ town: Town, _ order: UUID16, _ driver: UUID16) async -> String {
        do throws(ServiceError) {
            _ = try await town.dispatch.offers.release(
                order, driver: driver, reason: "because", correlationID: "release")
            return "OK"
        } catch {
            return error.code
        }
    }

    @Test func `an order is given back by its driver alone, and before pickup alone`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            #expect(await Self.release(town, order, driver) == "NOT_FOUND")
            #expect(await town.accept(order, driver).code == "OK")
            #expect(await Self.release(town, order, town.customer) == "NOT_FOUND")
            for status in [OrderStatus.driverArriving, .pickedUp] {
                let view = try #require(try await town.store.order(order, for: driver))
                let change = try await town.store.transition(
                    order, version: view.version, to: status, actor: .driver, actorID: driver, correlationID: "go")
                #expect(change.isDone)
            }
            #expect(await Self.release(town, order, driver) == "INVALID_TRANSITION")
        }
    }
}

extension Loop {
    /// Starts a task whose answer a test waits for.
    @Loop
    static func begin<T: Sendable>(_ body: @escaping @Loop @Sendable () async -> T) -> Task<T, Never> {
        Task.immediate(executorPreference: Loop.taskExecutor) { await body() }
    }
}
