import Domain
import Testing

@Suite struct LocalPlaneTests {
    @Test func `metres go to the map and back`() throws {
        let anchor = try #require(Coordinate(latitude: 45, longitude: 179.99))
        let plane = try #require(LocalPlane(anchor: anchor))
        let place = plane.coordinate(east: 3000, north: -4000)
        #expect(place.longitude < 0)
        let meters = plane.meters(of: place)
        #expect(abs(meters.east - 3000) < 1e-6 && abs(meters.north + 4000) < 1e-6)
    }

    @Test(arguments: [0.0, 45, -60, 70])
    func `distances on the plane are those on the ellipsoid within one percent`(latitude: Double) throws {
        let anchor = try #require(Coordinate(latitude: latitude, longitude: 10))
        let plane = try #require(LocalPlane(anchor: anchor))
        for (east, north) in [(20_000.0, 0.0), (0, 20_000), (-14_000, 14_000), (3, -4)] {
            let place = plane.coordinate(east: east, north: north)
            let flat = (east * east + north * north).squareRoot()
            #expect(abs(plane.anchor.distance(to: place) / flat - 1) < 0.01)
        }
    }

    @Test func `there is no plane at a pole`() throws {
        let pole = try #require(Coordinate(latitude: 90, longitude: 0))
        #expect(LocalPlane(anchor: pole) == nil)
    }
}
