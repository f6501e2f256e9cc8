import EventLoop

/// At most `rate` takings a second, and as many at once.
@Loop struct TokenBucket {
    private let rate: Double
    private let timing: any Timing
    private var tokens: Double
    private var filledAt: UInt64

    init(rate: Int, timing: any Timing) {
        self.rate = Double(max(rate, 1))
        self.timing = timing
        tokens = self.rate
        filledAt = timing.now.nanoseconds
    }

    mutating func take() -> Bool {
        let now = timing.now.nanoseconds
        tokens = min(rate, tokens + Double(now - filledAt) / 1e9 * rate)
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
