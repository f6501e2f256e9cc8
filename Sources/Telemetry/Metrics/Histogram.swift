/// Observations counted in fixed buckets, with their sum. May be fed from any thread, without a lock.
///
/// Read while it is being fed, sum and count may be of neighbouring instants; each bucket is exact.
public final class Histogram: Sendable {
    /// Upper bounds, inclusive and ascending; one more bucket holds what lies above the last.
    public let bounds: [Double]
    private let buckets: [Counter]
    private let total = AtomicDouble()

    /// - Parameters:
    ///   - bounds: ascending, at least one, all finite.
    public init(bounds: [Double] = Histogram.latencySeconds) {
        precondition(
            !bounds.isEmpty && bounds.allSatisfy(\.isFinite) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 },
            "histogram bounds must be finite and ascend")
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    public func observe(_ value: Double) {
        // Buckets are few and most observations small: a walk from below beats a search.
        var index = 0
        while index < bounds.count, !(value <= bounds[index]) { index += 1 }
        buckets[index].increment()
        total.add(value)
    }

    /// An observation of a duration, in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    public var count: UInt64 { buckets.reduce(0) { $0 + $1.value } }

    public var sum: Double { total.value }

    /// Observations up to each bound, and in the end all of them.
    public var cumulativeCounts: [UInt64] {
        var running: UInt64 = 0
        return buckets.map {
            running += $0.value
            return running
        }
    }

    /// Seconds, from half a millisecond to ten seconds: requests, queries, acks.
    public static let latencySeconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
