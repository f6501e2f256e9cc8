import Domain
import EventLoop
import Postgres
import Services
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DriversTests {
    private static func report(_ north: Double, at milliseconds: Int64? = nil) throws -> PositionReport {
        try #require(
            PositionReport(
                coordinate: try Town.place(north: north), at: milliseconds.map { TimeStamp(milliseconds: $0) }))
    }

    @Loop
    private static func latitude(_ town: Town, _ driver: UUID16) async throws -> Double {
        let text = try await town.sql("SELECT ST_Y(location) FROM driver_positions WHERE driver_id = '\(driver)'")
        return try #require(Double(text))
    }

    @Test func `a position is written before its ack, the newest of several wins`() async throws {
        try await withTown { town in
            let driver = try await town.driver(north: 0)
            let now = SystemTiming.shared.wallMilliseconds
            town.timing.wallMilliseconds = now + 5_000
            try await town.dispatch.drivers.moved(
                driver,
                to: [
                    try Self.report(300, at: now + 2_000), try Self.report(500, at: now + 3_000),
                    try Self.report(400, at: now + 1_000),
                ])
            #expect(abs(try await Self.latitude(town, driver) - Town.place(north: 500).latitude) < 1e-9)
        }
    }

    @Test func `a late position is dropped and one from the future is of now`() async throws {
        try await withTown { town in
            let driver = try await town.driver(north: 0)
            try await town.dispatch.drivers.moved(driver, to: [try Self.report(100, at: 4_000_000_000_000)])
            #expect(try await town.sql("SELECT at <= clock_timestamp() FROM driver_positions") == "t")
            try await town.dispatch.drivers.moved(driver, to: [try Self.report(200, at: 1_700_000_000_000)])
            #expect(abs(try await Self.latitude(town, driver) - Town.place(north: 100).latitude) < 1e-9)
            #expect(town.dispatch.drivers.positionStatistics.late == 1)
        }
    }

    @Test func `what comes while a batch is on its way goes out as one`() async throws {
        try await withTown { town in
            let drivers = try await town.drivers(30)
            var tasks: [Task<Bool, Never>] = []
            for round in 0..<3 {
                for driver in drivers {
                    let report = try Self.report(Double(1_000 + round))
                    tasks.append(
                        Loop.begin { (try? await town.dispatch.drivers.moved(driver, to: [report])) != nil })
                }
            }
            for task in tasks { #expect(await task.value) }
            let statistics = town.dispatch.drivers.positionStatistics
            #expect(statistics.received == 90 && statistics.written == 30 && statistics.batches == 1)
            #expect(abs(try await Self.latitude(town, drivers[7]) - Town.place(north: 1_002).latitude) < 1e-9)
        }
    }

    @Test func `one who is no driver costs the others of the batch nothing`() async throws {
        try await withTown { town in
            let drivers = try await town.drivers(5)
            let report = try Self.report(50)
            let tasks = (drivers + [town.customer]).map { driver in
                Loop.begin { (try? await town.dispatch.drivers.moved(driver, to: [report])) != nil }
            }
            var taken: [Bool] = []
            for task in tasks { taken.append(await task.value) }
            #expect(taken == [true, true, true, true, true, false])
        }
    }

    @Test func `with the database away a position is refused`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            await town.store.pool.stop()
            await #expect(throws: ServiceError.unavailable) {
                try await town.dispatch.drivers.moved(driver, to: [try Self.report(50)])
            }
        }
    }

    @Test func `customer and merchant of a driver's order are told where it is and when it arrives`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            town.dispatch.start()
            let order = try await town.order(offers: 1)
            #expect(await town.accept(order, driver).code == "OK")
            try await town.dispatch.drivers.moved(driver, to: [try Self.report(1_000)])
            await town.recorder.until { [recorder = town.recorder] in !recorder.volatile.isEmpty }
            let push = town.recorder.volatile[0]
            #expect(push.event == "driver_location" && push.accounts == [town.customer])
            #expect(push.merchants == [town.merchant])
            #expect(push.json.contains("\"orderId\":\"\(order)\"") && push.json.contains("\"driverId\":\"\(driver)\""))
            // A kilometre by bike, streets being longer.
            #expect(push.json.contains("\"etaSeconds\":310") || push.json.contains("\"etaSeconds\":309"))
        }
    }

    @Test func `nearby names who is free, nearest first`() async throws {
        try await withTown { town in
            let near = try await town.driver(north: 100)
            let far = try await town.driver(north: 900)
            _ = try await town.driver(north: 300, available: false)
            let list = String(
                decoding: try await town.dispatch.drivers.nearby(Town.place(north: 0), radiusMeters: 5_000, limit: 10),
                as: UTF8.self)
            let first = try #require(list.range(of: near.description))
            let second = try #require(list.range(of: far.description))
            #expect(first.lowerBound < second.lowerBound)
            #expect(list.components("distanceMeters") == 2)
        }
    }

    @Test func `the drivers of open sockets are stamped, and the node beats`() async throws {
        try await withTown { town in
            let driver = try await town.driver()
            try await town.sql("UPDATE driver_positions SET received_at = now() - interval '1 hour', node = NULL")
            town.recorder.connectedDrivers = [driver]
            town.dispatch.start()
            while try await town.sql("SELECT node FROM driver_positions WHERE seen_at > now() - interval '1 minute'")
                != "node-1"
            {
                _ = await town.store.ping(timeout: .seconds(5))
            }
            #expect(try await town.sql("SELECT name FROM nodes") == "node-1")
            // One who comes between two rounds is stamped at once.
            let other = try await town.driver()
            town.dispatch.presence.sign(of: other)
            while try await town.sql("SELECT count(seen_at) FROM driver_positions") != "2" {
                _ = await town.store.ping(timeout: .seconds(5))
            }
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.range(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }

    fileprivate func range(of text: String) -> Range<Index>? { self[...].range(of: text) }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
