public import Domain

/// A position that was taken, and the orders that its driver has: whom it is of interest to.
public struct StoredPosition: Sendable {
    public struct Order: Sendable {
        public let id: UUID16
        public let customerID: UUID16
        public let merchantID: UUID16
        /// On the ellipsoid, to the pickup before it and to the dropoff after.
        public let targetMeters: Double
    }

    public let driverID: UUID16
    public let latitude: Double
    public let longitude: Double
    public let heading: Double?
    public let speed: Double?
    /// RFC 3339, as it goes out.
    public let at: String
    public let orders: [Order]
    /// Nil when it has no order.
    public let vehicle: Vehicle?
}
