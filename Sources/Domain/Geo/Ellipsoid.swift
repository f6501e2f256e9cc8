/// WGS 84 (NIMA TR8350.2, table 3.1).
enum Ellipsoid {
    /// Metres.
    static let equatorialRadius = 6_378_137.0
    static let flattening = 1 / 298.257_223_563
    /// Metres.
    static let polarRadius = equatorialRadius * (1 - flattening)
    /// Square of the first eccentricity.
    static let eccentricitySquared = flattening * (2 - flattening)
    /// Metres: (2a + b) / 3, the sphere that errs least on average.
    static let meanRadius = (2 * equatorialRadius + polarRadius) / 3

    static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
}
