public import EventLoop
public import Redis

/// Token buckets that all nodes share in Redis. While Redis is away, in error or slow, each node limits by itself.
@Loop
public final class RateLimiter {
    /// How long Redis may take to answer.
    public static let patience: Duration = .milliseconds(50)
    /// Buckets that this node keeps while Redis is away.
    public static let localBound = 50_000

    private let client: RedisClient
    private let timing: any Timing
    private var local = TokenBuckets(bound: RateLimiter.localBound)

    public init(client: RedisClient, timing: any Timing) {
        self.client = client
        self.timing = timing
    }

    /// Takes tokens from a bucket, or none when it has not as many.
    ///
    /// - Parameters:
    ///   - key: names the bucket, and what is limited with it: the same key with another limit is the same bucket.
    ///   - cost: at least 1; more than the capacity is never allowed.
    public func take(_ key: String, _ limit: RateLimit, cost: Int = 1) async -> RateDecision {
        guard client.stalled < Self.patience else { return takeLocally(key, limit, cost) }
        do throws(RedisError) {
            let reply = try await client.evaluate(
                Scripts.takeTokens, keys: ["lm:rate:\(key)"],
                arguments: [.integer(Int64(limit.capacity)), .integer(limit.milliseconds), .integer(Int64(cost))],
                timeout: Self.patience)
            let numbers = reply.elements?.compactMap(\.int) ?? []
            guard numbers.count == 4 else { return takeLocally(key, limit, cost) }
            return RateDecision(
                isAllowed: numbers[0] == 1, limit: limit.capacity, remaining: Int(numbers[1]),
                retryAfterMilliseconds: numbers[2], resetAfterMilliseconds: numbers[3], isLocal: false)
        } catch {
            return takeLocally(key, limit, cost)
        }
    }

    /// The same by this node's own buckets, at once: for what no request may wait for, such as handshakes.
    public func takeLocally(_ key: String, _ limit: RateLimit, _ cost: Int = 1) -> RateDecision {
        local.take(key, limit, cost: cost, nowMilliseconds: Double(timing.now.nanoseconds) / 1_000_000)
    }
}
