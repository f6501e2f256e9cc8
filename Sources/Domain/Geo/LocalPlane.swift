import Glibc

/// Metres east and north of an anchor, for data that comes in metres. Within 20 km of the anchor, up to 70° of
/// latitude, distances on the plane are within 1 % of those on the ellipsoid.
public struct LocalPlane: Hashable, Sendable {
    public let anchor: Coordinate
    private let metersPerDegreeNorth: Double
    private let metersPerDegreeEast: Double

    /// Nil at a pole, where east has no meaning.
    public init?(anchor: Coordinate) {
        let latitude = Ellipsoid.radians(anchor.latitude)
        let sine = sin(latitude)
        let curvature = 1 - Ellipsoid.eccentricitySquared * sine * sine
        let east = Ellipsoid.equatorialRadius / sqrt(curvature) * cos(latitude)
        guard abs(anchor.latitude) < 89.9 else { return nil }
        self.anchor = anchor
        metersPerDegreeNorth = Ellipsoid.radians(
            Ellipsoid.equatorialRadius * (1 - Ellipsoid.eccentricitySquared) / pow(curvature, 1.5))
        metersPerDegreeEast = Ellipsoid.radians(east)
    }

    /// The place at these metres from the anchor.
    public func coordinate(east: Double, north: Double) -> Coordinate {
        Coordinate(
            bounding: anchor.latitude + north / metersPerDegreeNorth,
            wrapping: anchor.longitude + east / metersPerDegreeEast)
    }

    /// Metres from the anchor, the short way round.
    public func meters(of place: Coordinate) -> (east: Double, north: Double) {
        return (
            anchor.degreesEast(to: place) * metersPerDegreeEast,
            (place.latitude - anchor.latitude) * metersPerDegreeNorth
        )
    }
}
