import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct RedisRecoveryLogTests {
    @Loop
    private final class Found {
        var sessions: [RecoverySession] = []
    }

    private func withNodes(
        _ count: Int, _ settings: RecoverySettings = RecoverySettings(), mode: RecoveryMode = .always,
        arguments: [String] = [],
        _ body: @escaping @Loop @Sendable ([RecoveryNode], PrivateRedis) async throws -> Void
    ) async throws {
        let redis = try PrivateRedis(arguments: arguments)
        try await onLoop {
            var nodes: [RecoveryNode] = []
            for _ in 0..<count { nodes.append(try await RecoveryNode.up(redis, settings, mode: mode)) }
            try await body(nodes, redis)
            for node in nodes { await node.down() }
        }
    }

    @Test func `a batch that comes twice is published once, and another sender's is another`() async throws {
        try await withNodes(2) { nodes, redis in
            for (node, batch) in [(0, 7), (0, 7), (1, 7), (0, 8), (0, 3)] {
                let log = nodes[node].log
                _ = try await log.client.evaluate(
                    Scripts.publishLogged, keys: [log.logKey, log.recordsKey, log.streamKey(0)],
                    arguments: [
                        .text(log.follower.epoch ?? ""), .integer(Int64(batch)), .integer(1 << 20),
                        .text(log.streamPrefix), 256, "channel", "message",
                    ])
            }
            #expect(try redis.cli("XLEN", "lm:recovery:stream:0").filter(\.isNumber) == "3")
        }
    }

    @Test func `of two nodes that ask for a session at once one gets it`() async throws {
        try await withNodes(3) { nodes, _ in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            let (pid, namespace) = (client.pid, nodes[0].namespace)
            client.drop()
            let asked = Occurrences()
            let found = Found()
            for node in nodes[1...] {
                Loop.start {
                    // The client of the one that comes first does not wait any more.
                    let session = try? await node.log.claim(pid, offset: nil, in: namespace) { found.sessions.isEmpty }
                    if let session { found.sessions.append(session) }
                    asked.note()
                }
            }
            await asked.reach(2)
            #expect(found.sessions.count == 1 && found.sessions.first?.socketID == client.id)
        }
    }

    @Test func `a claim whose answer nobody awaited does not keep the session from its client`() async throws {
        try await withNodes(2) { nodes, redis in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            nodes[0].namespace.socket(client.id)?.closeConnection()
            client.drop()
            try await nodes[0].until { nodes[0].log.writes.isEmpty }
            let log = nodes[1].log
            _ = try await log.client.evaluate(
                Scripts.claimSession, keys: [log.logKey, log.nodesKey, log.recordsKey],
                arguments: [
                    .text(log.follower.epoch ?? ""), .text(client.pid), .text(log.owner), .text(log.recordsPrefix),
                    .text(Bus.prefix + RedisRecoveryLog.channelPrefix), "",
                ])
            #expect(try redis.cli("HEXISTS", "lm:recovery:node:\(log.owner)", client.pid).contains("1"))
            try await client.connect(nodes[1].port)
            #expect(client.isRecovered)
        }
    }

    @Test func `a session is not taken up after its time`() async throws {
        var settings = RecoverySettings()
        settings.maximumDisconnection = .milliseconds(1)
        try await withNodes(2, settings) { nodes, _ in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            let socket = try #require(nodes[0].namespace.socket(client.id))
            socket.closeConnection()
            client.drop()
            try await nodes[0].until { nodes[0].log.writes.isEmpty }
            let ended = SystemTiming.shared.wallMilliseconds
            try await nodes[0].until { SystemTiming.shared.wallMilliseconds > ended + 2 }
            try await client.connect(nodes[1].port)
            #expect(!client.isRecovered && !client.pid.isEmpty)
            #expect(nodes[1].log.statistics.unclaimed == 1)
        }
    }

    @Test func `records of sessions that nobody came back for go`() async throws {
        var settings = RecoverySettings()
        settings.maximumDisconnection = .milliseconds(1)
        try await withNodes(1, settings) { nodes, redis in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            let log = nodes[0].log
            try await nodes[0].until { log.writes.isEmpty }
            let key = "lm:recovery:node:\(log.owner)"
            #expect(try redis.cli("HEXISTS", key, client.pid).contains("1"))
            nodes[0].namespace.socket(client.id)?.closeConnection()
            try await nodes[0].until { log.ended.isEmpty && log.writes.isEmpty }
            #expect(try redis.cli("HEXISTS", key, client.pid).contains("0"))
        }
    }

    @Test func `the log keeps what it may in bytes, and not more than half less`() async throws {
        var settings = RecoverySettings()
        settings.logBytes = 200_000
        try await withNodes(1, settings) { nodes, redis in
            let json = [UInt8](repeating: UInt8(ascii: "1"), count: 900)
            for _ in 0..<1_000 {
                nodes[0].namespace.to("r").emit("e", json: [UInt8(ascii: "\"")] + json + [UInt8(ascii: "\"")])
                try await nodes[0].log.confirmPublished()
            }
            let stream = LoggedMessage.stream(of: "socket.io#/#r#")
            let entries = Int(try redis.cli("XLEN", "lm:recovery:stream:\(stream)").filter(\.isNumber)) ?? 0
            // A stream lets go of whole nodes of about a hundred entries or 4 KiB.
            #expect((80...240).contains(entries))
        }
    }

    @Test func `a log that is given up tells the clients of every node`() async throws {
        var settings = RecoverySettings()
        settings.queueLimit = 2
        try await withNodes(2, settings) { nodes, redis in
            let client = RecoveringClient()
            try await client.connect(nodes[1].port)
            let other = RecoveringClient()
            try await other.connect(nodes[0].port)
            try redis.pause()
            for value in 1...4 { nodes[0].namespace.emit("e", json: Array("\(value)".utf8)) }
            #expect(nodes[0].log.position == nil)
            redis.resume()
            await other.wait(for: .max)
            await client.wait(for: .max)
            try await nodes[0].until { nodes[0].log.position != nil && nodes[1].log.statistics.lives == 1 }
            for (client, node) in [(client, nodes[1]), (other, nodes[0])] {
                try await client.connect(node.port)
                #expect(!client.isRecovered && !client.pid.isEmpty)
            }
        }
    }

    @Test func `who did not ask has no session, and gets what is logged as it is`() async throws {
        try await withNodes(2, mode: .onRequest) { nodes, _ in
            let plain = try await PollingClient.connect(nodes[0].port)
            nodes[1].namespace.emit("e", json: Array("\"text\"".utf8))
            await plain.packet { $0 == #"2["e","text"]"# }
            try await nodes[1].log.confirmPublished()
            let (logged, sessions) = (nodes[1].log.statistics.logged, nodes[0].log.live.count)
            #expect(logged == 1 && sessions == 0)
        }
    }

    @Test func `with a Redis that may evict nothing is promised, and one line says so`() async throws {
        try await withNodes(1, arguments: ["--maxmemory-policy", "allkeys-lru"]) { nodes, _ in
            #expect(nodes[0].warnings.count == 1 && nodes[0].log.position == nil)
            let plain = try await PollingClient.connect(nodes[0].port)
            nodes[0].namespace.emit("e", json: Array("1".utf8))
            await plain.packet { $0 == #"2["e",1]"# }
            #expect(nodes[0].log.statistics.logged == 0)
        }
    }

    @Test func `what a socket publishes to a room in the turn in which it joins reaches it`() async throws {
        try await withNodes(1) { nodes, _ in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            let socket = try #require(nodes[0].namespace.socket(client.id))
            for value in 1...20 {
                socket.join("room\(value)")
                nodes[0].namespace.to("room\(value)").emit("e", json: Array("\(value)".utf8))
            }
            // Sent when the subscription, which takes another way, is confirmed.
            let packet = BroadcastPacket(target: BroadcastTarget(rooms: ["late"]), event: "e", json: [])
            let message = try #require(nodes[0].adapter.encode(packet, nodes[0].namespace))
            socket.join("late")
            var isAwaited = nodes[0].adapter.awaited(for: message) != nil
            #expect(isAwaited)
            try await socket.joinConfirmed("late")
            isAwaited = nodes[0].adapter.awaited(for: message) != nil
            #expect(!isAwaited)
            await client.wait(for: 20)
            #expect(client.values == Array(1...20))
        }
    }

    @Test func `who came while nothing was promised is told to come again when it is`() async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let node = try RecoveryNode(redis, settings: RecoverySettings(), mode: .always)
            let client = RecoveringClient()
            try await client.connect(node.port)
            #expect(client.pid.isEmpty)
            node.client.start()
            node.bus.start()
            await node.log.opened(within: .seconds(30))
            await client.wait(for: .max)
            try await client.connect(node.port)
            #expect(!client.pid.isEmpty)
            await node.down()
        }
    }

    @Test(arguments: [true, false])
    func `a client that got nothing for long recovers from a log that begins later`(_ dies: Bool) async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            var settings = RecoverySettings()
            settings.logBytes = 20_000
            let beats = ManualTiming()
            let node = try await RecoveryNode.up(redis, settings, beats: beats)
            let other = try await RecoveryNode.up(redis, settings)
            let (quiet, early) = (RecoveringClient(), RecoveringClient())
            for client in [quiet, early] { try await client.connect(node.port) }
            let json = Array("\"\(String(repeating: "x", count: 900))\"".utf8)
            for _ in 0..<60 {
                other.namespace.to("elsewhere").emit("e", json: json)
                try await other.log.confirmPublished()
            }
            let head = UInt64(try redis.cli("HGET", "lm:recovery:log", "head").filter(\.isNumber)) ?? 0
            // By a mark the node hears how far the log has come.
            beats.advance(by: .seconds(1))
            try await node.reach(head)
            node.namespace.socket(early.id)?.closeConnection()
            early.drop()
            try await early.connect(other.port)
            #expect(!early.isRecovered)
            // Every live client has all that once its heartbeats have passed.
            for _ in 0..<Int(node.server.confirmationLag / .seconds(1)) + 2 {
                let marks = node.log.marks
                beats.advance(by: .seconds(1))
                try await node.until { node.log.marks > marks }
            }
            if dies { await node.die() } else { node.namespace.socket(quiet.id)?.closeConnection() }
            quiet.drop()
            other.namespace.emit("e", json: [UInt8(ascii: "7")])
            try await quiet.connect(other.port)
            #expect(quiet.isRecovered && quiet.values == [7])
            await other.down()
            if !dies { await node.down() }
        }
    }

    @Test func `of more ended sessions than a node may keep the oldest go`() async throws {
        var settings = RecoverySettings()
        settings.endedLimit = 2
        try await withNodes(2, settings) { nodes, _ in
            var clients: [RecoveringClient] = []
            for _ in 0..<3 {
                let client = RecoveringClient()
                try await client.connect(nodes[0].port)
                nodes[0].namespace.socket(client.id)?.closeConnection()
                client.drop()
                clients.append(client)
            }
            try await nodes[0].until { nodes[0].log.writes.isEmpty }
            var recovered: [Bool] = []
            for client in clients {
                try await client.connect(nodes[1].port)
                recovered.append(client.isRecovered)
            }
            #expect(recovered == [false, true, true])
        }
    }
}
