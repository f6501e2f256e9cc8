import Domain
import EventLoop
import Store
import TestSupport
import Testing

struct DriverTests {
    static func point(_ driver: UUID16, _ latitude: Double, at milliseconds: Int64?) throws -> DriverPosition {
        let report = PositionReport(
            coordinate: try place(latitude, 2), heading: 90, speed: nil,
            at: milliseconds.map { TimeStamp(milliseconds: $0) })
        return DriverPosition(driverID: driver, report: try #require(report))
    }

    @Test func `of positions the newest by the device counts, a late one is dropped, a future one is cut to now`()
        async throws
    {
        try await withShop { shop in
            let driver = try await Shop.account(shop.store, .driver)
            var taken = try await shop.store.storePositions(
                [
                    Self.point(driver, 1, at: 1000), Self.point(driver, 3, at: 3000), Self.point(driver, 2, at: 2000),
                ], node: "n")
            #expect(taken.map(\.latitude) == [3])
            #expect(taken.map(\.at) == ["1970-01-01T00:00:03.000Z"])
            #expect(taken.first?.heading == 90)
            taken = try await shop.store.storePositions([Self.point(driver, 4, at: 2999)], node: "n")
            #expect(taken.isEmpty)
            #expect(try shop.sql("SELECT ST_Y(location) FROM driver_positions") == "3")
            // Of the same time the last sent is taken.
            taken = try await shop.store.storePositions(
                [Self.point(driver, 5, at: 3000), Self.point(driver, 6, at: 3000)], node: "n")
            #expect(taken.map(\.latitude) == [6])
            taken = try await shop.store.storePositions([Self.point(driver, 7, at: 99_999_999_999_999)], node: "n")
            #expect(taken.map(\.latitude) == [7])
            #expect(try shop.sql("SELECT at <= clock_timestamp() FROM driver_positions") == "t")
            // Not locked out by its own clock: the next one is of now.
            taken = try await shop.store.storePositions([Self.point(driver, 8, at: nil)], node: "n")
            #expect(taken.map(\.latitude) == [8])
        }
    }

    @Test func `batches of the same drivers in opposite order do not deadlock`() async throws {
        try await withShop(connections: 6) { shop in
            var drivers: [UUID16] = []
            for _ in 0..<40 { drivers.append(try await Shop.account(shop.store, .driver)) }
            let forth = try drivers.map { try Self.point($0, 10, at: nil) }
            let back = Array(forth.reversed())
            let tasks = (0..<30).map { index in
                begin { try await shop.store.storePositions(index % 2 == 0 ? forth : back, node: "n").count }
            }
            for task in tasks { _ = try await task.value }
            #expect(try shop.sql("SELECT count(*) FROM driver_positions") == "40")
        }
    }

    @Test func `a taken position names the orders it is of interest to`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver(capacity: 2)
            let soup = try await shop.product(stock: nil)
            let orders = [try await shop.order(soup), try await shop.order(soup)]
            for order in orders {
                try await shop.match(order)
                #expect(try await shop.accept(order, driver).isDone)
            }
            let taken = try await shop.store.storePositions([Self.point(driver, 48.85, at: nil)], node: "n")
            #expect(taken.count == 1)
            #expect(Set(taken[0].orders.map(\.id)) == Set(orders))
            #expect(taken[0].orders.allSatisfy { $0.customerID == shop.customer })
            // It has moved some 21 km to the west of the shop, where both are to be picked up.
            #expect(taken[0].orders.allSatisfy { (21_000...22_000).contains($0.targetMeters) })
        }
    }

    @Test func `going off duty ends the open offers and wakes their orders`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver(capacity: 5)
            let soup = try await shop.product(stock: nil)
            let orders = [try await shop.order(soup), try await shop.order(soup)]
            for order in orders { #expect(try await shop.match(order)?.offers.count == 1) }
            let change = try await shop.store.setDriver(driver, available: false, correlationID: "c")
            #expect(change.offers.map(\.state) == ["WITHDRAWN", "WITHDRAWN"])
            #expect(change.offers.allSatisfy { text($0.json).contains(#""reason":"OFF_DUTY""#) })
            #expect(try await shop.accept(orders[0], driver).refusal == .offerExpired)
            #expect(try shop.sql("SELECT count(*) FROM matchings WHERE wake_at <= clock_timestamp()") == "2")
            #expect(text(change.json).contains(#""available":false"#))
        }
    }

    @Test func `the order of a lost driver is matched anew, but not for an outage of ours`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            try await shop.match(order)
            #expect(try await shop.accept(order, driver).isDone)
            try await shop.store.beat(name: "node-1", epoch: "a", version: "1")
            _ = try shop.sql(
                """
                UPDATE driver_positions SET received_at = now() - interval '400 s';
                UPDATE assignments SET accepted_at = now() - interval '400 s';
                UPDATE nodes SET returned_at = now() - interval '1 day';
                """)
            func sweep(watch: Double) async throws -> Change {
                try await shop.store.releaseLostDrivers(lostSeconds: 300, watchSeconds: watch, limit: 10)
            }
            // This node has had PostgreSQL for too short a time to say so.
            #expect(try await sweep(watch: 200).events.isEmpty)
            // The driver's node came back not long ago.
            _ = try shop.sql("UPDATE nodes SET returned_at = now() - interval '100 s'")
            #expect(try await sweep(watch: 4000).events.isEmpty)
            // The driver's node died not long ago.
            _ = try shop.sql(
                "UPDATE nodes SET returned_at = now() - interval '1 day', beat_at = now() - interval '250 s'")
            #expect(try await sweep(watch: 4000).events.isEmpty)
            _ = try shop.sql("UPDATE nodes SET beat_at = now() - interval '350 s'")
            let change = try await sweep(watch: 4000)
            let event = try #require(change.events.first)
            #expect(event.type == "order.matching")
            #expect(event.previousDriverID == driver)
            #expect(text(event.json).contains("DRIVER_LOST"))
            #expect(try shop.sql("SELECT load FROM drivers") == "0")
            #expect(try await sweep(watch: 4000).events.isEmpty)
            // Lost is not refused: back again, the driver may be asked.
            try await shop.move(driver, north: 50)
            #expect(try await shop.match(order)?.offers.map(\.driverID) == [driver])
        }
    }

    @Test func `what is picked up stays with a silent driver`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            try await shop.match(order)
            #expect(try await shop.accept(order, driver).isDone)
            for status in [OrderStatus.driverArriving, .pickedUp] {
                #expect(try await shop.move(order, to: status, actor: .driver, driver).isDone)
            }
            _ = try shop.sql(
                """
                UPDATE driver_positions SET received_at = now() - interval '1 day', node = NULL;
                UPDATE assignments SET accepted_at = now() - interval '1 day';
                """)
            let lost = try await shop.store.releaseLostDrivers(lostSeconds: 300, watchSeconds: 4000, limit: 10)
            #expect(lost.events.isEmpty)
            let failed = try await shop.move(order, to: .failed, actor: .driver, driver)
            #expect(failed.events.first?.driverID == driver)
            #expect(try shop.sql("SELECT load FROM drivers") == "1")
            let returned = try await shop.move(order, to: .returned, actor: .driver, driver)
            #expect(returned.events.first?.driverID == nil)
            #expect(returned.events.first?.previousDriverID == driver)
            #expect(try shop.sql("SELECT load FROM drivers") == "0")
        }
    }

    @Test func `looking for lost drivers reads what is held now, not all that ever was`() async throws {
        try await withShop { shop in
            let product = try await shop.product(stock: nil)
            let driver = try await shop.driver()
            let order = try await shop.order(product)
            try await shop.match(order)
            #expect(try await shop.accept(order, driver).refusal == nil)
            _ = try shop.sql(
                """
                INSERT INTO assignments (order_id, driver_id, round, state, accepted_seq, accepted_at, ended_seq, ended_at)
                SELECT '\(order)', '\(driver)', 1, 'RELEASED', i + 100, now() - interval '1 day', i + 101, now()
                FROM generate_series(1, 40000) i;
                UPDATE assignments SET accepted_at = now() - interval '1 hour' WHERE ended_at IS NULL;
                ANALYZE assignments;
                """)
            @Loop func look() throws -> [Int] {
                try shop.sql(
                    """
                    BEGIN;
                    SELECT count(*) FILTER (WHERE kind = 'event') FROM release_lost_drivers(300, 15, 4000, 10);
                    SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables
                    WHERE relname IN ('assignments', 'orders', 'driver_positions');
                    ROLLBACK;
                    """
                ).split(whereSeparator: \.isNewline).compactMap { Int($0) }
            }
            let alive = try look()
            #expect(alive.count == 2 && alive[0] == 0 && alive[1] < 100, "\(alive)")
            _ = try shop.sql(
                "UPDATE driver_positions SET received_at = now() - interval '1 hour', seen_at = NULL, node = NULL")
            let lost = try look()
            #expect(lost.count == 2 && lost[0] == 1 && lost[1] < 100, "\(lost)")
        }
    }
}
