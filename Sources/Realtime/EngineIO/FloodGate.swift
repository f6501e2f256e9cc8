import EventLoop

/// Tells when something comes more often than `limit` times a second. The clock is read once in `limit` times, so that a
/// busy connection pays a count for each: up to twice the limit can pass in one second, never more in the long run.
@Loop struct FloodGate {
    private var count: Int32 = 0
    /// Milliseconds of the clock, of which 32 bits are enough for what lies a second back.
    private var since: UInt32 = 0

    /// False: too many. `timing` says what the time is.
    mutating func admits(_ limit: Int, _ timing: any Timing) -> Bool {
        count += 1
        guard count >= limit else { return true }
        let now = UInt32(truncatingIfNeeded: timing.now.nanoseconds / 1_000_000)
        let isFlood = now &- since < Self.second && since > 0
        count = 0
        since = now
        return !isFlood
    }

    private static let second: UInt32 = 1_000
}
