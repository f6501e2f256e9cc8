/// So many at once, refilling evenly: `capacity` in each `interval` in the long run.
public struct RateLimit: Sendable, Equatable {
    /// At least 1.
    public let capacity: Int
    /// In which an empty bucket becomes full; at least one millisecond.
    public let interval: Duration

    public init(capacity: Int, per interval: Duration) {
        self.capacity = max(1, capacity)
        self.interval = max(interval, .milliseconds(1))
    }

    var milliseconds: Int64 {
        let parts = interval.components
        return parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
    }
}
