import EventLoop
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct RateLimiterTests {
    private static let limit = RateLimit(capacity: 3, per: .seconds(3_600))

    @Test func `nodes share one bucket`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let a = try await TestNode.up(server)
            let b = try await TestNode.up(server)
            let limiters = [a, b].map { RateLimiter(client: $0.client, timing: $0.timing) }
            var decisions: [RateDecision] = []
            for number in 0..<4 { decisions.append(await limiters[number % 2].take("k", Self.limit)) }
            #expect(decisions.map(\.isAllowed) == [true, true, true, false])
            #expect(decisions.map(\.remaining) == [2, 1, 0, 0])
            #expect(decisions.allSatisfy { !$0.isLocal && $0.limit == 3 })
            #expect(decisions[2].retryAfterMilliseconds == 0)
            // A third of an hour, less what has passed since the first.
            #expect((1_140_000...1_200_000).contains(decisions[3].retryAfterMilliseconds))
            #expect(await limiters[0].take("other", Self.limit, cost: 3).isAllowed)
            #expect(await !limiters[0].take("third", Self.limit, cost: 4).isAllowed)
            await a.client.stop()
            await b.client.stop()
        }
    }

    @Test func `a bucket in Redis refills with Redis's time and then goes`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            let limiter = RateLimiter(client: node.client, timing: node.timing)
            #expect(await limiter.take("k", Self.limit, cost: 3).isAllowed)
            #expect(await !limiter.take("k", Self.limit).isAllowed)
            let milliseconds = Int64(try server.cli("PTTL", "lm:rate:k")) ?? -1
            #expect((3_540_000...3_600_001).contains(milliseconds))
            try server.cli("HINCRBY", "lm:rate:k", "at", "-1200001")
            #expect(await limiter.take("k", Self.limit).isAllowed)
            #expect(await !limiter.take("k", Self.limit).isAllowed)
            await node.client.stop()
        }
    }

    @Test func `without Redis each node limits by itself`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            let limiter = RateLimiter(client: node.client, timing: node.timing)
            try server.kill()
            await node.downs.reach(1)
            var decisions: [RateDecision] = []
            for _ in 0..<4 { decisions.append(await limiter.take("k", Self.limit)) }
            #expect(decisions.map(\.isAllowed) == [true, true, true, false])
            #expect(decisions.allSatisfy { $0.isLocal })
            #expect(decisions[3].retryAfterMilliseconds == 1_200_000)
            await node.client.stop()
        }
    }

    @Test func `a paused Redis is waited for fifty milliseconds once`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            let limiter = RateLimiter(client: node.client, timing: node.timing)
            try server.pause()
            let answers = Occurrences()
            var decision: RateDecision?
            Loop.start {
                decision = await limiter.take("k", Self.limit)
                answers.note()
            }
            #expect(decision == nil)
            node.timing.advance(by: RateLimiter.patience)
            await answers.reach(1)
            #expect(decision?.isLocal == true)
            #expect(await limiter.take("k", Self.limit).isLocal)
            server.resume()
            await node.client.stop()
        }
    }
}
