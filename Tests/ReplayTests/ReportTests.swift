import Testing
import Wire

@testable import Replay

@Suite struct ReportTests {
    static func report() -> Report {
        Report(
            speed: 60, seed: 7, orders: Report.Orders(placed: 4, delivered: 2, cancelled: 1, unassigned: 1),
            clickToDoor: Spread([30, 40]), readyToDoor: Spread([12, 14]), readyToPickup: Spread([1, 2.5]),
            utilisation: 0.375, acceptsLost: 3, latency: Spread([4.25, 9]),
            events: EventCount(expected: 20, received: 20))
    }

    @Test func `the file has the agreed shape`() throws {
        let expected =
            #"{"speed":60.0,"seed":7,"orders":{"placed":4,"delivered":2,"cancelled":1,"unassigned":1},"#
            + #""clickToDoorMinutes":{"mean":35.0,"p50":30.0,"p90":40.0},"#
            + #""readyToDoorMinutes":{"mean":13.0,"p50":12.0,"p90":14.0},"#
            + #""readyToPickupMinutes":{"mean":1.75,"p50":1.0,"p90":2.5},"#
            + #""courierUtilisation":0.375,"acceptsLost":3,"latencyMs":{"p50":4.25,"p99":9.0},"#
            + #""events":{"expected":20,"received":20,"lost":0,"doubled":0,"outOfOrder":0}}"# + "\n"
        #expect(String(decoding: Self.report().json, as: UTF8.self) == expected)
    }

    @Test func `what was not measured is null`() throws {
        let json = try JSONValue.parse(Report().json)
        #expect(json["clickToDoorMinutes"]?["mean"] == .null)
        #expect(json["latencyMs"]?["p99"] == .null)
        #expect(json["courierUtilisation"] == .null)
    }

    @Test func `a day is good when it was played and no event is amiss`() {
        #expect(Self.report().isGood)
        for spoil: (inout Report) -> Void in [
            { $0.events.lost = 1 }, { $0.events.doubled = 1 }, { $0.events.outOfOrder = 1 },
            { $0.events.unexpected = 1 }, { $0.failures = ["x"] }, { $0.orders.placed = 0 },
        ] {
            var report = Self.report()
            spoil(&report)
            #expect(!report.isGood)
        }
    }

    @Test func `the table shows every figure`() {
        let table = Self.report().table
        for text in ["  delivered                 2", "35.0    30.0    40.0", "37.5 %", "p50 4.3 ms, p99 9.0 ms"] {
            #expect(table.contains(text))
        }
    }
}
