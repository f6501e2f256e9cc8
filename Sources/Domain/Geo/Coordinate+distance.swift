import Glibc

extension Coordinate {
    /// Metres along the ellipsoid, as PostGIS measures `geography`: to the millimetre, by Vincenty's inverse formula
    /// (T. Vincenty, Survey Review XXIII 176, 1975). Within half a degree of the antipodes, where that has no answer,
    /// the great circle stands in (off by at most 0.2 %).
    public func distance(to other: Coordinate) -> Double {
        if self == other { return 0 }
        let flattening = Ellipsoid.flattening
        let longitudeDifference = Ellipsoid.radians(degreesEast(to: other))
        let (sinU1, cosU1) = Self.reduced(latitude)
        let (sinU2, cosU2) = Self.reduced(other.latitude)
        var lambda = longitudeDifference
        for _ in 0..<Self.maximumIterations {
            let (sinLambda, cosLambda) = (sin(lambda), cos(lambda))
            let sinSigma = hypot(cosU2 * sinLambda, cosU1 * sinU2 - sinU1 * cosU2 * cosLambda)
            if sinSigma == 0 { return 0 }
            let cosSigma = sinU1 * sinU2 + cosU1 * cosU2 * cosLambda
            let sigma = atan2(sinSigma, cosSigma)
            let sinAlpha = cosU1 * cosU2 * sinLambda / sinSigma
            let cosSquaredAlpha = 1 - sinAlpha * sinAlpha
            // Along the equator the midpoint has no meaning: the term it stands in vanishes.
            let cos2Midpoint = cosSquaredAlpha == 0 ? 0 : cosSigma - 2 * sinU1 * sinU2 / cosSquaredAlpha
            let c = flattening / 16 * cosSquaredAlpha * (4 + flattening * (4 - 3 * cosSquaredAlpha))
            let next =
                longitudeDifference + (1 - c) * flattening * sinAlpha
                * (sigma + c * sinSigma * (cos2Midpoint + c * cosSigma * (2 * cos2Midpoint * cos2Midpoint - 1)))
            if abs(next) > .pi { break }
            if abs(next - lambda) < Self.convergedRadians {
                let series = VincentySeries(cosSquaredAlpha: cosSquaredAlpha)
                return Ellipsoid.polarRadius * series.a
                    * (sigma - series.correction(sin: sinSigma, cos: cosSigma, cos2Midpoint: cos2Midpoint))
            }
            lambda = next
        }
        return greatCircleDistance(to: other)
    }

    /// Metres along the sphere of mean radius (haversine): within 0.6 % of the ellipsoid, at a third of its cost.
    public func greatCircleDistance(to other: Coordinate) -> Double {
        let halfLatitude = sin(Ellipsoid.radians(other.latitude - latitude) / 2)
        let halfLongitude = sin(Ellipsoid.radians(other.longitude - longitude) / 2)
        let haversine =
            halfLatitude * halfLatitude
            + cos(Ellipsoid.radians(latitude)) * cos(Ellipsoid.radians(other.latitude)) * halfLongitude * halfLongitude
        return 2 * Ellipsoid.meanRadius * asin(min(sqrt(haversine), 1))
    }

    /// 10⁻¹² rad are 6 µm on the ground.
    private static let convergedRadians = 1e-12
    /// Away from the antipodes six suffice.
    private static let maximumIterations = 100

    /// Sine and cosine of the reduced latitude.
    private static func reduced(_ latitude: Double) -> (sin: Double, cos: Double) {
        let tangent = (1 - Ellipsoid.flattening) * tan(Ellipsoid.radians(latitude))
        let cosine = 1 / sqrt(1 + tangent * tangent)
        return (tangent * cosine, cosine)
    }
}

/// The series of the formula.
private struct VincentySeries {
    let a: Double
    let b: Double

    init(cosSquaredAlpha: Double) {
        let polar = Ellipsoid.polarRadius * Ellipsoid.polarRadius
        let equatorial = Ellipsoid.equatorialRadius * Ellipsoid.equatorialRadius
        let u = cosSquaredAlpha * (equatorial - polar) / polar
        a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
        b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    }

    func correction(sin: Double, cos: Double, cos2Midpoint m: Double) -> Double {
        let inner = cos * (2 * m * m - 1) - b / 6 * m * (4 * sin * sin - 3) * (4 * m * m - 3)
        return b * sin * (m + b / 4 * inner)
    }
}
