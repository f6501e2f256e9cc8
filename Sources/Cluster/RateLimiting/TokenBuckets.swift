/// Token buckets in this process's memory, with the arithmetic of `take_tokens.lua`. Bounded: beyond the limit full
/// buckets go first, which changes nothing, then arbitrary ones, which lets somebody have a little more.
struct TokenBuckets {
    private struct Bucket {
        var tokens: Double
        /// In milliseconds of the caller's clock.
        var at: Double
        var fullAt: Double
    }

    let bound: Int
    private var buckets: [String: Bucket] = [:]

    init(bound: Int) {
        self.bound = bound
    }

    var count: Int { buckets.count }

    mutating func take(_ key: String, _ limit: RateLimit, cost: Int, nowMilliseconds now: Double) -> RateDecision {
        let capacity = Double(limit.capacity)
        let perToken = Double(limit.milliseconds) / capacity
        var bucket = buckets[key] ?? Bucket(tokens: capacity, at: now, fullAt: now)
        bucket.tokens = min(capacity, bucket.tokens + max(0, now - bucket.at) / perToken)
        bucket.at = now
        let isAllowed = bucket.tokens >= Double(cost)
        if isAllowed { bucket.tokens -= Double(cost) }
        let reset = (capacity - bucket.tokens) * perToken
        bucket.fullAt = now + reset
        if buckets[key] == nil { makeRoom(now) }
        buckets[key] = bucket
        let wait = isAllowed ? 0 : ((Double(cost) - bucket.tokens) * perToken).rounded(.up)
        return RateDecision(
            isAllowed: isAllowed, limit: limit.capacity, remaining: Int(bucket.tokens),
            retryAfterMilliseconds: Int64(wait), resetAfterMilliseconds: Int64(reset.rounded(.up)), isLocal: true)
    }

    private mutating func makeRoom(_ now: Double) {
        guard buckets.count >= bound else { return }
        buckets = buckets.filter { $0.value.fullAt > now }
        // A tenth at once, so that the sweep above is not paid for by each newcomer.
        let surplus = buckets.count - bound * 9 / 10
        guard surplus > 0 else { return }
        for key in Array(buckets.keys.prefix(surplus)) { buckets[key] = nil }
    }
}
