import Domain
import Testing

@Suite struct PositionTests {
    static func report(_ latitude: Double, at seconds: Double?) -> PositionReport {
        PositionReport(coordinate: Coordinate(latitude: latitude, longitude: 0)!, at: seconds.map(at))!
    }

    @Test func `the newest of a batch is taken, in whatever order they come`() throws {
        let batch = [Self.report(1, at: 10), Self.report(2, at: 30), Self.report(3, at: 20)]
        let newest = try #require(PositionIntake.newest(of: batch, now: at(100), known: at(5)))
        #expect(newest.report.coordinate.latitude == 2)
        #expect(newest.at == at(30))
    }

    @Test func `what is older than the newest known is dropped`() {
        #expect(PositionIntake.newest(of: [Self.report(1, at: 10)], now: at(100), known: at(10.001)) == nil)
        #expect(PositionIntake.newest(of: [Self.report(1, at: 10)], now: at(100), known: at(10)) != nil)
        #expect(PositionIntake.newest(of: [], now: at(100), known: nil) == nil)
    }

    @Test func `a time ahead of ours is ours, and of equals the last sent counts`() throws {
        let batch = [Self.report(1, at: 500), Self.report(2, at: nil), Self.report(3, at: 99)]
        let newest = try #require(PositionIntake.newest(of: batch, now: at(100), known: nil))
        #expect(newest.at == at(100))
        #expect(newest.report.coordinate.latitude == 2)
    }

    @Test func `a clock that ran ahead once does not silence a driver`() {
        #expect(PositionIntake.newest(of: [Self.report(1, at: 101)], now: at(101), known: at(100)) != nil)
    }

    @Test(
        arguments: [
            (360, nil, nil, true), (-0.1, nil, nil, false), (360.1, nil, nil, false), (.nan, nil, nil, false),
            (nil, 0, nil, true), (nil, -1, nil, false), (nil, .infinity, nil, false), (nil, nil, 5, true),
            (nil, nil, -5, false), (nil, nil, nil, true),
        ] as [(Double?, Double?, Double?, Bool)])
    func `heading, speed and accuracy have ranges`(heading: Double?, speed: Double?, accuracy: Double?, valid: Bool) {
        let place = Coordinate(latitude: 0, longitude: 0)!
        let report = PositionReport(coordinate: place, heading: heading, speed: speed, accuracy: accuracy)
        #expect((report != nil) == valid)
        if heading == 360 { #expect(report?.heading == 0) }
    }
}
