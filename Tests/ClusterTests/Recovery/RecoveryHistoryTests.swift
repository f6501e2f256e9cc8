import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

/// Histories of messages, joins, leaves, breaks, lost connections and dead nodes, against what each client should have had.
@Suite(.timeLimit(.minutes(3)))
struct RecoveryHistoryTests {
    @Loop
    private final class History {
        let redis: PrivateRedis
        var random: Seeded
        var nodes: [RecoveryNode] = []
        let clients = (0..<4).map { _ in RecoveringClient() }
        /// By client: where it is, in which rooms, and what it should have been sent.
        var places: [Int]
        var rooms: [Set<Int>]
        var expected: [[Int]]
        var lastValue = 0
        var last: UInt64 = 0

        init(_ redis: PrivateRedis, seed: Int) {
            self.redis = redis
            random = Seeded(UInt64(seed) &+ 99)
            places = Array(repeating: 0, count: clients.count)
            rooms = Array(repeating: [], count: clients.count)
            expected = Array(repeating: [], count: clients.count)
        }

        func begin() async throws {
            for _ in 0..<3 { nodes.append(try await RecoveryNode.up(redis)) }
            for client in clients.indices { try await connect(client) }
        }

        func connect(_ client: Int) async throws {
            places[client] = Int.random(in: nodes.indices, using: &random)
            try await clients[client].connect(nodes[places[client]].port)
        }

        /// To a room, or to all.
        func publish(_ room: Int?) async throws {
            lastValue += 1
            for client in clients.indices where room.map(rooms[client].contains) ?? true {
                expected[client].append(lastValue)
            }
            let node = nodes[Int.random(in: nodes.indices, using: &random)]
            let json = Array("\(lastValue)".utf8)
            if let room {
                node.namespace.to("room\(room)").emit("e", json: json)
            } else {
                node.namespace.emit("e", json: json)
            }
            try await node.log.confirmPublished()
        }

        /// What was published before has been given to the sockets of this node.
        func settle(_ node: RecoveryNode) async throws {
            try await publish(nil)
            let last = try redis.cli("HGET", "lm:recovery:log", "head").trimmed
            try await node.reach(UInt64(last) ?? 0)
        }

        func changeRooms(_ client: Int) async throws {
            guard clients[client].isConnected else { return }
            let node = nodes[places[client]]
            try await settle(node)
            guard let socket = node.namespace.socket(clients[client].id) else { return }
            let room = Int.random(in: 0..<3, using: &random)
            if rooms[client].remove(room) == nil {
                try await joined(socket, room)
                rooms[client].insert(room)
            } else {
                socket.leave("room\(room)")
                // A node that dies before that is written takes it with it.
                if let session = node.log.live[clients[client].pid]?.session { try? await node.log.confirm(session) }
            }
        }

        /// A break may come between.
        private func joined(_ socket: Socket, _ room: Int) async throws {
            while true {
                do throws(AdapterError) { return try await socket.joinConfirmed("room\(room)") } catch {}
                try await SystemTiming.shared.sleep(for: .milliseconds(5))
            }
        }

        func step() async throws {
            let client = Int.random(in: clients.indices, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0...9: try await publish(Int.random(in: 0..<3, using: &random))
            case 10: try await publish(nil)
            case 11...13: try await changeRooms(client)
            case 14...15: clients[client].drop()
            case 16...17:
                if !clients[client].isConnected { try await connect(client) }
            case 18:
                try redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
            default:
                guard Int.random(in: 0..<3, using: &random) == 0 else { return }
                let dead = Int.random(in: nodes.indices, using: &random)
                for other in clients.indices where places[other] == dead { clients[other].drop() }
                await nodes[dead].die()
                nodes[dead] = try await RecoveryNode.up(redis)
            }
        }

        func end() async throws {
            for client in clients.indices {
                if !clients[client].isConnected { try await connect(client) }
            }
            try await publish(nil)
            for (client, found) in clients.enumerated() {
                await found.wait(for: lastValue)
                #expect(found.values == expected[client], "client \(client)")
                #expect(found.freshSessions == 1)
            }
            for node in nodes { await node.down() }
        }
    }

    @Test(arguments: 0..<4)
    func `each client gets exactly what it should, once and in order`(_ seed: Int) async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let history = History(redis, seed: seed)
            try await history.begin()
            for _ in 0..<120 { try await history.step() }
            try await history.end()
        }
    }
}

extension String {
    fileprivate var trimmed: String { filter { !$0.isWhitespace } }
}
