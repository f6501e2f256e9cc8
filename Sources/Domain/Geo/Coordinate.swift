/// A place on WGS 84, in degrees.
public struct Coordinate: Hashable, Sendable {
    /// −90…90, north positive.
    public let latitude: Double
    /// −180…180, east positive.
    public let longitude: Double

    /// Nil for anything off the globe, NaN and infinities included.
    public init?(latitude: Double, longitude: Double) {
        guard Self.latitudes.contains(latitude), Self.longitudes.contains(longitude) else { return nil }
        self.latitude = latitude
        self.longitude = longitude
    }

    /// A computed place: latitude cut to the poles, longitude wrapped.
    init(bounding latitude: Double, wrapping longitude: Double) {
        self.latitude = min(max(latitude, -90), 90)
        let wrapped = longitude.truncatingRemainder(dividingBy: 360)
        self.longitude = wrapped > 180 ? wrapped - 360 : wrapped < -180 ? wrapped + 360 : wrapped
    }

    /// Difference of longitude, −180…180: the short way round.
    func degreesEast(to other: Coordinate) -> Double {
        let difference = other.longitude - longitude
        return difference > 180 ? difference - 360 : difference < -180 ? difference + 360 : difference
    }

    public static let latitudes = -90.0...90.0
    public static let longitudes = -180.0...180.0
}
