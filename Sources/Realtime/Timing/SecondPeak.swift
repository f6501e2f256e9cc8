/// How many things happened in the busiest second since it was last asked. Seconds begin with the first thing after the
/// second before, so that a burst is not cut in two by a clock's tick.
struct SecondPeak {
    private var began: UInt64 = 0
    private var current = 0
    private var peak = 0

    /// - Parameter now: monotonic nanoseconds.
    mutating func count(now: UInt64) {
        if now - began >= 1_000_000_000 {
            began = now
            current = 0
        }
        current += 1
        peak = max(peak, current)
    }

    /// The peak since the last call. A second that is under way counts for both.
    mutating func take(now: UInt64) -> Int {
        let taken = peak
        peak = now - began < 1_000_000_000 ? current : 0
        return taken
    }
}
