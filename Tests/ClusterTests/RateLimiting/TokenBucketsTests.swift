import Testing

@testable import Cluster

@Suite struct TokenBucketsTests {
    private let limit = RateLimit(capacity: 2, per: .seconds(10))

    @Test func `a bucket empties and refills evenly`() {
        var buckets = TokenBuckets(bound: 10)
        let first = buckets.take("a", limit, cost: 1, nowMilliseconds: 0)
        #expect(first.isAllowed && first.remaining == 1 && first.resetAfterMilliseconds == 5_000)
        #expect(buckets.take("a", limit, cost: 1, nowMilliseconds: 0).isAllowed)
        let refused = buckets.take("a", limit, cost: 1, nowMilliseconds: 1_000)
        #expect(!refused.isAllowed && refused.remaining == 0)
        #expect(refused.retryAfterMilliseconds == 4_000)
        #expect(!buckets.take("a", limit, cost: 1, nowMilliseconds: 4_999).isAllowed)
        #expect(buckets.take("a", limit, cost: 1, nowMilliseconds: 5_000).isAllowed)
        #expect(buckets.take("b", limit, cost: 2, nowMilliseconds: 5_000).isAllowed)
    }

    @Test func `a bucket never holds more than its capacity`() {
        var buckets = TokenBuckets(bound: 10)
        _ = buckets.take("a", limit, cost: 1, nowMilliseconds: 0)
        #expect(buckets.take("a", limit, cost: 2, nowMilliseconds: 1_000_000).isAllowed)
        #expect(!buckets.take("a", limit, cost: 1, nowMilliseconds: 1_000_000).isAllowed)
        #expect(!buckets.take("c", limit, cost: 3, nowMilliseconds: 1_000_000).isAllowed)
    }

    @Test func `beyond the bound full buckets go first`() {
        var buckets = TokenBuckets(bound: 10)
        _ = buckets.take("old", limit, cost: 2, nowMilliseconds: 0)
        for number in 0..<9 { _ = buckets.take("\(number)", limit, cost: 2, nowMilliseconds: 9_999) }
        #expect(buckets.count == 10)
        _ = buckets.take("new", limit, cost: 1, nowMilliseconds: 10_000)
        #expect(buckets.count == 10)
        #expect((0..<9).allSatisfy { !buckets.take("\($0)", limit, cost: 1, nowMilliseconds: 10_000).isAllowed })
    }

    @Test func `when none is full the bound holds all the same`() {
        var buckets = TokenBuckets(bound: 10)
        for number in 0..<100 { _ = buckets.take("\(number)", limit, cost: 2, nowMilliseconds: 0) }
        #expect(buckets.count <= 10)
    }
}
