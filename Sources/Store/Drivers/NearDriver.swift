public import Domain

/// A free driver near a place.
public struct NearDriver: Sendable, Equatable {
    public let driverID: UUID16
    /// On the ellipsoid.
    public let distanceMeters: Double
}
