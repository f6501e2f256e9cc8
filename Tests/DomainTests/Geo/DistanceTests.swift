import Domain
import Testing

@Suite struct DistanceTests {
    static func place(_ latitude: Double, _ longitude: Double) -> Coordinate {
        Coordinate(latitude: latitude, longitude: longitude)!
    }

    /// Metres by PostGIS 3, `ST_Distance(geography, geography)`.
    static let postgis: [(Coordinate, Coordinate, Double)] = [
        (place(48.8584, 2.2945), place(48.8606, 2.3376), 3172.014424),
        (place(65, 25), place(65.01, 25.02), 1460.459307),
        (place(65.0123, 25.4711), place(64.9999, 25.4901), 1647.538377),
        (place(0, 0), place(0, 1), 111319.490793),
        (place(0, 0), place(1, 0), 110574.388558),
        (place(-33.8688, 151.2093), place(-33.8568, 151.2153), 1442.189227),
        (place(40.7128, -74.006), place(51.5074, -0.1278), 5585233.578931),
        (place(59.9139, 10.7522), place(59.9140, 10.7523), 12.466835),
        (place(10, 179.99), place(10, -179.99), 2192.787281),
        (place(89.99, 0), place(89.99, 180), 2233.879591),
        (place(-54.8, -68.3), place(71, 25.8), 15746518.852612),
        (place(45, 0), place(45.00001, 0.00001), 1.362611),
        (place(0, 0), place(0.5, 179), 19902751.032594),
        (place(12.5, -170), place(-3, 100), 10089469.716756),
    ]

    @Test(arguments: postgis)
    func `distances are those of PostGIS to the millimetre`(from: Coordinate, to: Coordinate, meters: Double) {
        #expect(abs(from.distance(to: to) - meters) < 0.001)
        #expect(abs(to.distance(to: from) - meters) < 0.001)
    }

    @Test func `the same place is at no distance`() {
        #expect(Self.place(48.8584, 2.2945).distance(to: Self.place(48.8584, 2.2945)) == 0)
        #expect(Self.place(90, 0).distance(to: Self.place(90, 77)) < 0.001)
    }

    @Test(arguments: [(0.0, 180.0), (0.0, 179.7), (0.3, 179.9), (0.001, -179.999)])
    func `near the antipodes it still answers, within a fifth of a percent`(latitude: Double, longitude: Double) {
        let meters = Self.place(0, 0).distance(to: Self.place(latitude, longitude))
        #expect(meters > 19_940_000 && meters < 20_016_000)
    }

    @Test func `nearest is in metres at 65 degrees north, where a degree east is less than half one north`() {
        let here = Self.place(65, 25)
        let east = Self.place(65, 25.02)
        let north = Self.place(65.01, 25)
        #expect(here.distance(to: east) < here.distance(to: north))
    }

    @Test func `the great circle is within six in a thousand`() {
        for (from, to, meters) in Self.postgis where meters > 1 {
            #expect(abs(from.greatCircleDistance(to: to) / meters - 1) < 0.006)
        }
    }
}
