import Domain
import Testing

@Suite struct CoordinateTests {
    @Test(arguments: [(90, 180), (-90, -180), (0, 0), (48.8584, 2.2945)] as [(Double, Double)])
    func `places on the globe are taken, its edges too`(latitude: Double, longitude: Double) {
        #expect(Coordinate(latitude: latitude, longitude: longitude)?.latitude == latitude)
    }

    @Test(
        arguments: [
            (90.000001, 0), (-90.000001, 0), (0, 180.000001), (0, -181), (.nan, 0), (0, .nan), (.infinity, 0),
            (0, -.infinity),
        ] as [(Double, Double)])
    func `places off the globe are refused`(latitude: Double, longitude: Double) {
        #expect(Coordinate(latitude: latitude, longitude: longitude) == nil)
    }
}
