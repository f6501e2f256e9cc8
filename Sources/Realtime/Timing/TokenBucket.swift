import EventLoop

/// At most `rate` takings a second, and `burst` at once.
@Loop struct TokenBucket {
    private let rate: Double
    private let burst: Double
    private let timing: any Timing
    private var tokens: Double
    private var filledAt: UInt64

    /// - Parameter burst: nil allows as many at once as come in a second; at least one.
    init(rate: Int, burst: Int? = nil, timing: any Timing) {
        self.rate = Double(max(rate, 1))
        self.burst = Double(max(burst ?? rate, 1))
        self.timing = timing
        tokens = self.burst
        filledAt = timing.now.nanoseconds
    }

    var isFull: Bool { filled(at: timing.now.nanoseconds) >= burst }

    private func filled(at now: UInt64) -> Double {
        min(burst, tokens + Double(now - filledAt) / 1e9 * rate)
    }

    mutating func take() -> Bool {
        let now = timing.now.nanoseconds
        tokens = filled(at: now)
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
