import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

/// What a broadcast is on its way through the log, and where that leaves the client's own offset.
@Suite(.timeLimit(.minutes(1)))
struct LoggedBroadcastTests {
    private func withNodes(
        _ count: Int, _ body: @escaping @Loop @Sendable ([RecoveryNode], PrivateRedis) async throws -> Void
    ) async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            var nodes: [RecoveryNode] = []
            for _ in 0..<count { nodes.append(try await RecoveryNode.up(redis)) }
            try await body(nodes, redis)
            for node in nodes { await node.down() }
        }
    }

    @Test(arguments: [[], BroadcastFlags.uncompressed])
    func `whether it is to be compressed is kept in the log`(_ flags: BroadcastFlags) async throws {
        try await withNodes(2) { nodes, _ in
            let packet = BroadcastPacket(
                target: BroadcastTarget(rooms: ["r"]), flags: flags, event: "e", json: Array("1".utf8))
            let message = try #require(nodes[0].adapter.encode(packet, nodes[0].namespace))
            let entry = try #require(
                nodes[1].adapter.decode(message.channel, message.bytes, onlyForMembers: false))
            #expect(entry.packet.flags == flags)
        }
    }

    @Test func `an own broadcast is delivered as it was given`() async throws {
        try await withNodes(2) { nodes, _ in
            let near = try await PollingClient.connect(nodes[0].port, auth: "{}")
            let far = try await PollingClient.connect(nodes[1].port, auth: "{}")
            // Another node reads and writes it anew.
            nodes[0].namespace.emit("e", json: Array("[ 1 ]".utf8))
            nodes[0].namespace.emit("e", json: Array("2".utf8))
            await near.packet { $0.hasPrefix(#"2["e",2"#) }
            await far.packet { $0.hasPrefix(#"2["e",2"#) }
            let first = [near, far].map { client in
                client.packets.first { $0.hasPrefix(#"2["e",["#) }?.prefix { $0 != "]" } ?? ""
            }
            #expect(first == [#"2["e",[ 1 "#, #"2["e",[1"#])
        }
    }

    @Test func `what others send while a session is taken up does not set the client's offset back`() async throws {
        try await withNodes(2) { nodes, _ in
            let client = RecoveringClient()
            try await client.connect(nodes[0].port)
            try await nodes[0].namespace.socket(client.id)?.joinConfirmed("r")
            @Loop func publish(_ values: ClosedRange<Int>) async throws {
                for value in values { nodes[0].namespace.to("r").emit("e", json: Array("\(value)".utf8)) }
                try await nodes[0].log.confirmPublished()
            }
            try await publish(1...1)
            await client.wait(for: 1)
            client.drop()
            // The other node has not come as far as the log that it reads for this client.
            nodes[1].log.subscriptionChanged(isUp: false)
            try await publish(2...4)
            let returned = Occurrences()
            Loop.start {
                try? await client.connect(nodes[1].port)
                returned.note()
            }
            // The socket is in its rooms, and the log is being read.
            while nodes[1].namespace.socket(client.id) == nil { await Task.yield() }
            nodes[1].namespace.deliver(
                BroadcastPacket(target: BroadcastTarget(rooms: ["r"]), event: "e", json: Array("\"text\"".utf8)))
            await returned.reach(1)
            #expect(client.isRecovered && client.values == [1, 2, 3, 4] && client.texts == ["text"])
            client.drop()
            nodes[1].log.subscriptionChanged(isUp: true)
            try await publish(5...5)
            try await client.connect(nodes[0].port)
            #expect(client.isRecovered && client.values == [1, 2, 3, 4, 5])
        }
    }
}
