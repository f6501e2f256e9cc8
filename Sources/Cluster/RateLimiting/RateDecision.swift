/// What a rate limiter says, with what the `RateLimit-*` and `Retry-After` headers need.
public struct RateDecision: Sendable, Equatable {
    public let isAllowed: Bool
    /// The bucket's capacity.
    public let limit: Int
    /// Whole tokens left.
    public let remaining: Int
    /// Until as many can be taken as were asked for; zero when allowed.
    public let retryAfterMilliseconds: Int64
    /// Until the bucket is full.
    public let resetAfterMilliseconds: Int64
    /// Decided by this node alone, Redis being away.
    public let isLocal: Bool
}
