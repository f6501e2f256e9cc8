import Glibc  // rounded() is a call into its mathematics library

/// A point in time: Unix milliseconds, UTC. What the contract calls a time is written by `description`.
public struct TimeStamp: Hashable, Sendable {
    public let milliseconds: Int64

    @inlinable
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A time a client claims, as it is kept: never ahead of the server's own clock.
    public func clamped(to now: TimeStamp) -> TimeStamp { min(self, now) }

    /// Whole and broken seconds from `earlier` to here; negative when `earlier` is later.
    public func seconds(since earlier: TimeStamp) -> Double {
        Double(milliseconds - earlier.milliseconds) / 1000
    }

    /// `seconds` later, rounded to the millisecond. Spans beyond ±10⁹ s are cut to that, so nothing overflows.
    public func advanced(bySeconds seconds: Double) -> TimeStamp {
        let bounded = seconds.isNaN ? 0 : min(max(seconds, -1e9), 1e9)
        return TimeStamp(milliseconds: milliseconds + Int64((bounded * 1000).rounded()))
    }
}

extension TimeStamp: Comparable {
    @inlinable
    public static func < (left: TimeStamp, right: TimeStamp) -> Bool { left.milliseconds < right.milliseconds }
}
