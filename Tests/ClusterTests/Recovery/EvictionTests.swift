import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

/// Redis's settings may be changed while it runs.
@Suite(.timeLimit(.minutes(1)))
struct EvictionTests {
    @Test func `a Redis that may evict from now on ends what was promised, and is trusted again when it does not`()
        async throws
    {
        let redis = try PrivateRedis()
        try await onLoop {
            let beats = ManualTiming()
            let node = try await RecoveryNode.up(redis, beats: beats)
            let client = RecoveringClient()
            try await client.connect(node.port)
            #expect(!client.pid.isEmpty)
            _ = try redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            @Loop func pass(until condition: @escaping @Loop () -> Bool) async throws {
                try await node.until {
                    beats.advance(by: AwakeTime.interval)
                    return condition()
                }
            }
            try await pass { node.log.position == nil }
            #expect(node.warnings.count == 1)
            await client.wait(for: .max)
            _ = try redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
            try await pass { node.log.position != nil }
            try await client.connect(node.port, advancing: beats)
            #expect(!client.isRecovered && !client.pid.isEmpty && node.warnings.count == 1)
            node.namespace.socket(client.id)?.closeConnection()
            try await node.until { node.log.writes.isEmpty }
            await node.down()
        }
    }

    @Test func `what was evicted between two looks ends the life of the log`() async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let beats = ManualTiming()
            let node = try await RecoveryNode.up(redis, beats: beats)
            let life = node.log.position?.epoch
            _ = try redis.cli("SET", "victim", String(repeating: "x", count: 10_000))
            func set(_ name: String, _ value: String) throws { _ = try redis.cli("CONFIG", "SET", name, value) }
            try set("maxmemory-policy", "allkeys-lru")
            try set("maxmemory", "1")
            _ = try redis.cli("SET", "another", "x")
            try set("maxmemory", "0")
            try set("maxmemory-policy", "noeviction")
            beats.advance(by: AwakeTime.interval * RecoverySettings.policyBeats)
            try await node.until { node.log.position.map { $0.epoch != life } ?? false }
            #expect(node.warnings == ["Redis has evicted keys: connection state recovery begins anew"])
            await node.down()
        }
    }
}
