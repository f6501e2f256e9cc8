import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

/// Claims that Redis carries out when nobody waits for the answer any more.
@Suite(.timeLimit(.minutes(1)))
struct LateClaimTests {
    /// As `RedisRecoveryLog.claim` asks Redis.
    @Loop private func claim(_ pid: String, for node: RecoveryNode) async throws {
        let log = node.log
        _ = try await log.client.evaluate(
            Scripts.claimSession, keys: [log.logKey, log.nodesKey, log.recordsKey],
            arguments: [
                .text(log.follower.epoch ?? ""), .text(pid), .text(log.owner), .text(log.recordsPrefix),
                .text(Bus.prefix + RedisRecoveryLog.channelPrefix), "",
            ])
    }

    @Loop private func left(_ client: RecoveringClient, _ node: RecoveryNode) async throws {
        node.namespace.socket(client.id)?.closeConnection()
        client.drop()
        try await node.until { node.log.writes.isEmpty }
    }

    @Test(arguments: [false, true])
    func `what the claiming node's own clients have says nothing of this one`(_ isTakenOn: Bool) async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let beats = ManualTiming()
            let first = try await RecoveryNode.up(redis)
            let second = try await RecoveryNode.up(redis, beats: beats)
            let third = try await RecoveryNode.up(redis)
            let client = RecoveringClient()
            try await client.connect(first.port)
            try await left(client, first)
            first.namespace.emit("e", json: Array("1".utf8))
            try await first.log.confirmPublished()
            try await claim(client.pid, for: second)
            // By now the second node's clients, had it any, would have confirmed all that.
            for _ in 0..<Int(second.server.confirmationLag / .seconds(1)) + 3 {
                let marks = second.log.marks
                beats.advance(by: .seconds(1))
                try await second.until { second.log.marks > marks }
            }
            #expect(second.log.told > 0)
            try await client.connect((isTakenOn ? third : second).port, advancing: beats)
            #expect(client.isRecovered && client.values == [1])
            try await left(client, isTakenOn ? third : second)
            for node in [first, second, third] { await node.down() }
        }
    }

    @Test func `the record goes when the client never comes back`() async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let first = try await RecoveryNode.up(redis)
            let beats = ManualTiming()
            let second = try await RecoveryNode.up(redis, beats: beats)
            @Loop func pass(until condition: @escaping @Loop () -> Bool) async throws {
                try await second.until {
                    beats.advance(by: .milliseconds(1))
                    return condition()
                }
            }
            let client = RecoveringClient()
            try await client.connect(first.port)
            try await left(client, first)
            try redis.pause()
            let ended = Occurrences()
            Loop.start {
                // The client goes when the node has found that Redis does not answer.
                _ = try? await second.log.claim(client.pid, offset: nil, in: second.namespace) {
                    second.client.isUp
                }
                ended.note()
            }
            try await pass { ended.count == 1 }
            redis.resume()
            let key = "lm:recovery:node:\(second.log.owner)"
            try await pass { second.log.isOpen }
            // What had been sent is carried out now, if it was at all.
            try await claim(client.pid, for: second)
            #expect(try redis.cli("HEXISTS", key, client.pid).contains("1"))
            beats.advance(by: RecoverySettings().maximumDisconnection + AwakeTime.interval * 2)
            try await second.until { second.log.ended.isEmpty && second.log.writes.isEmpty }
            #expect(try redis.cli("HEXISTS", key, client.pid).contains("0"))
            for node in [first, second] { await node.down() }
        }
    }
}
