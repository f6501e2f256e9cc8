import Cluster
import EventLoop
import Realtime
import Services
import Wire

/// Refuses what comes too often, by token buckets that all nodes share.
@Loop
final class RateLimits {
    private let limiter: RateLimiter

    init(limiter: RateLimiter) {
        self.limiter = limiter
    }

    /// Counts one more; nil when it may be done, else the answer: 429 with `Retry-After` and `RateLimit-*` (seconds).
    func refusal(_ request: Request, _ rule: RateRule, of subject: String) async -> Response? {
        let decision = await limiter.take("\(rule.name):\(subject)", rule.limit)
        guard !decision.isAllowed else { return nil }
        let error = ServiceError(
            .tooManyRequests, "RATE_LIMITED", "Too many requests of this kind; try again later.",
            retryAfter: Self.seconds(decision.retryAfterMilliseconds))
        var response = Problem.response(
            error, correlationID: request.correlationID, acceptLanguage: request.headers["Accept-Language"])
        response.headers.append("RateLimit-Limit", String(decision.limit))
        response.headers.append("RateLimit-Remaining", String(decision.remaining))
        response.headers.append("RateLimit-Reset", String(Self.seconds(decision.resetAfterMilliseconds)))
        return response
    }

    private static func seconds(_ milliseconds: Int64) -> Int { max(1, Int((milliseconds + 999) / 1000)) }
}
