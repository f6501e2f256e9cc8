/// A driver near the pickup, as the claim of a matching step finds them.
public struct MatchingCandidate: Hashable, Sendable {
    public var driverId: UUID16
    /// From the pickup, on the ellipsoid.
    public var distanceMeters: Double
    public var isAvailable: Bool
    public var isAlive: Bool
    /// Assigned orders; open offers do not count.
    public var load: Int
    public var capacity: Int
    public var earlierAnswer: EarlierAnswer?

    public init(
        driverId: UUID16, distanceMeters: Double, isAvailable: Bool = true, isAlive: Bool = true, load: Int = 0,
        capacity: Int = 1, earlierAnswer: EarlierAnswer? = nil
    ) {
        self.driverId = driverId
        self.distanceMeters = distanceMeters
        self.isAvailable = isAvailable
        self.isAlive = isAlive
        self.load = load
        self.capacity = capacity
        self.earlierAnswer = earlierAnswer
    }
}
