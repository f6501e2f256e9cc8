import EventLoop

/// A token bucket for each address that has lately come. Those that are full again are let go of, for a new one is full too.
@Loop struct AddressBuckets {
    private let rate: Int
    private let timing: any Timing
    private var buckets: [String: TokenBucket] = [:]
    private var sweptAt: UInt64 = 0

    /// More addresses than come while one bucket fills, unless somebody has a network of them: then those beyond are let
    /// pass, and what the whole node takes a second is the bound.
    static let maximumAddresses = 16_384

    private static let sweepInterval: UInt64 = 1_000_000_000

    /// - Parameter rate: takings a second of one address, and as many at once.
    init(rate: Int, timing: any Timing) {
        self.rate = rate
        self.timing = timing
    }

    var count: Int { buckets.count }

    mutating func take(_ address: String) -> Bool {
        if var bucket = buckets[address] {
            let isTaken = bucket.take()
            buckets[address] = bucket
            return isTaken
        }
        sweep()
        guard buckets.count < Self.maximumAddresses else { return true }
        var bucket = TokenBucket(rate: rate, timing: timing)
        let isTaken = bucket.take()
        buckets[address] = bucket
        return isTaken
    }

    private mutating func sweep() {
        let now = timing.now.nanoseconds
        guard now - sweptAt >= Self.sweepInterval else { return }
        sweptAt = now
        buckets = buckets.filter { !$0.value.isFull }
    }
}
