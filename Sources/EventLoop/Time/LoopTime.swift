/// A point on the system's monotonic clock.
public struct LoopTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary point before the process began.
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    public static func < (left: LoopTime, right: LoopTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates at both ends.
    public static func + (time: LoopTime, duration: Duration) -> LoopTime {
        let delta = duration.wholeNanoseconds
        let (sum, overflow) =
            delta >= 0
            ? time.nanoseconds.addingReportingOverflow(delta.magnitude)
            : time.nanoseconds.subtractingReportingOverflow(delta.magnitude)
        guard overflow else { return LoopTime(nanoseconds: sum) }
        return LoopTime(nanoseconds: delta >= 0 ? .max : 0)
    }

    /// Saturates at both ends.
    public static func - (time: LoopTime, duration: Duration) -> LoopTime {
        time + (.zero - duration)
    }

    /// The time from `right` to `left`; negative when `left` is earlier.
    public static func - (left: LoopTime, right: LoopTime) -> Duration {
        left >= right
            ? .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
            : .zero - .nanoseconds(Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

extension Duration {
    /// Whole nanoseconds, saturating at about ±292 years.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowSum) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflowSum else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Whole milliseconds, rounded towards zero.
    public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
