import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct RedisAdapterTests {
    private func withTwoNodes(
        _ body: @escaping @Loop @Sendable (RoomNode, RoomNode, PrivateRedis) async throws -> Void
    ) async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let a = try await RoomNode.up(redis, "a", others: ["b"])
            let b = try await RoomNode.up(redis, "b", others: ["a"])
            try await body(a, b, redis)
            await a.down()
            await b.down()
        }
    }

    @Test func `a broadcast to a room reaches its members on every node once`() async throws {
        try await withTwoNodes { a, b, _ in
            let first = try await PollingClient.connect(a.port)
            let second = try await PollingClient.connect(b.port)
            for subject in [a, b] {
                subject.sockets[0].join("r")
                try await subject.adapter.confirm("r", in: subject.namespace)
            }
            a.namespace.to("r").emit("e", json: Array("1".utf8))
            a.namespace.to("r", "other").emit("e", json: Array("2".utf8))
            a.namespace.emit("e", json: Array("3".utf8))
            for client in [first, second] {
                await client.packet { $0 == "2[\"e\",3]" }
                // Order holds within a channel alone.
                #expect(client.packets.sorted() == ["2[\"e\",1]", "2[\"e\",2]", "2[\"e\",3]"])
                client.close()
            }
        }
    }

    @Test func `local and except hold on every node`() async throws {
        try await withTwoNodes { a, b, _ in
            let first = try await PollingClient.connect(a.port)
            let second = try await PollingClient.connect(b.port)
            a.namespace.all.local.emit("here")
            a.namespace.except(second.id).emit("e")
            a.namespace.emit("last")
            await first.packet { $0 == "2[\"last\"]" }
            await second.packet { $0 == "2[\"last\"]" }
            #expect(first.packets == ["2[\"here\"]", "2[\"e\"]", "2[\"last\"]"])
            #expect(second.packets == ["2[\"last\"]"])
        }
    }

    @Test func `a socket is reached by its id from another node, also when a room bears that name`() async throws {
        try await withTwoNodes { a, b, _ in
            let client = try await PollingClient.connect(b.port)
            a.namespace.to(client.id).emit("one")
            await client.packet { $0 == "2[\"one\"]" }
            let other = try await PollingClient.connect(b.port)
            #expect(b.sockets.count == 2)
            b.sockets[1].join(client.id)
            try await b.adapter.confirm(client.id, in: b.namespace)
            a.namespace.to(client.id).emit("two")
            a.namespace.emit("last")
            await other.packet { $0 == "2[\"last\"]" }
            await other.packet { $0 == "2[\"two\"]" }
            #expect(other.packets.count { $0 == "2[\"two\"]" } == 1)
        }
    }

    @Test func `rooms are followed only where they have members`() async throws {
        try await withTwoNodes { a, b, redis in
            _ = try await PollingClient.connect(b.port)
            b.sockets[0].join("r")
            try await b.adapter.confirm("r", in: b.namespace)
            #expect(try redis.cli("PUBSUB", "NUMSUB", "socket.io#/#r#") == "socket.io#/#r#\n1")
            await #expect(throws: AdapterError.unavailable) { try await a.adapter.confirm("r", in: a.namespace) }
            b.sockets[0].leave("r")
            b.node.timing.advance(by: Bus.lingering)
            try await b.bus.subscribe("x") { _ in }.confirmed()
            #expect(try redis.cli("PUBSUB", "NUMSUB", "socket.io#/#r#") == "socket.io#/#r#\n0")
        }
    }

    @Test func `a namespace that a pattern made is followed until it goes`() async throws {
        try await withTwoNodes { a, b, redis in
            let pattern = a.server.namespaces { _, _ in
                true
            } configure: { _ in
            }
            let made = try #require(pattern.namespace("/d"))
            try await a.adapter.confirm()
            let names = [
                "socket.io#/d#", "socket.io-request#/d#", "socket.io-response#/d#", "socket.io-response#/d#a.....#",
            ]
            @Loop func followers() throws -> [Substring] {
                try redis.cli("PUBSUB", "NUMSUB", names[0], names[1], names[2], names[3]).split(separator: "\n")
            }
            #expect(try followers() == names.flatMap { [Substring($0), "1"] })
            a.adapter.closed(made)
            a.node.timing.advance(by: Bus.lingering)
            try await a.bus.subscribe("x") { _ in }.confirmed()
            #expect(try followers() == names.flatMap { [Substring($0), "0"] })
        }
    }

    @Test func `joins, leaves and disconnects reach sockets of other nodes`() async throws {
        try await withTwoNodes { a, b, _ in
            let client = try await PollingClient.connect(b.port)
            let heard = Occurrences()
            b.namespace.onServerSideEmit = { _, _ in heard.note() }
            a.namespace.all.socketsJoin("r")
            a.namespace.serverSideEmit("done")
            await heard.reach(1)
            #expect(b.sockets[0].rooms == ["r"])
            a.namespace.all.socketsLeave("r")
            a.namespace.serverSideEmit("done")
            await heard.reach(2)
            #expect(b.sockets[0].rooms.isEmpty)
            a.namespace.to(client.id).disconnectSockets(close: true)
            await client.packet { $0.hasPrefix("1") || $0 == "closed" }
            #expect(b.namespace.socketCount == 0)
        }
    }

    @Test func `a server-side emit goes to the others, not to the sender`() async throws {
        try await withTwoNodes { a, b, _ in
            var heard: [String] = []
            let answers = Occurrences()
            a.namespace.onServerSideEmit = { event, _ in heard.append("a \(event)") }
            b.namespace.onServerSideEmit = { event, json in
                heard.append("b \(event) \(String(decoding: json, as: UTF8.self))")
                answers.note()
            }
            a.namespace.serverSideEmit("e", json: Array("1".utf8))
            a.namespace.serverSideEmit("f", json: Array("2".utf8))
            await answers.reach(2)
            #expect(heard == ["b e 1", "b f 2"])
        }
    }

    @Test func `sockets of all nodes are found, and who does not answer is named`() async throws {
        try await withTwoNodes { a, b, redis in
            let first = try await PollingClient.connect(a.port)
            let second = try await PollingClient.connect(b.port)
            let found = await a.namespace.all.fetchSockets()
            #expect(Set(found.sockets.map(\.id)) == [first.id, second.id])
            #expect(found.missingNodes.isEmpty)

            // Nobody of that name follows the channel, so nobody waits for it: the clock stands still.
            a.others = ["b", "dead"]
            let partial = await a.namespace.all.fetchSockets()
            #expect(partial.missingNodes == ["dead"])
            #expect(partial.missingPeers == 0)
            #expect(Set(partial.sockets.map(\.id)) == [first.id, second.id])
            #expect(a.adapter.statistics.incomplete == 1)

            try redis.kill()
            await a.node.downs.reach(1)
            let alone = await a.namespace.all.fetchSockets()
            #expect(alone.sockets.map(\.id) == [first.id])
            #expect(alone.missingNodes == ["b", "dead"])
        }
    }

    @Test func `a node that stands still follows the channel, and is named but not waited for`() async throws {
        try await withTwoNodes { a, b, redis in
            let client = try await PollingClient.connect(b.port)
            let paused = try await TestNode.up(redis)
            let pausedBus = Bus(paused.configuration, client: paused.client, timing: paused.timing)
            pausedBus.start()
            let following = pausedBus.subscribe(foreign: "socket.io-request#/#") { _ in }
            await until("it is confirmed") { following.isConfirmed }
            a.silent = ["paused"]
            let done = Occurrences()
            var found = FetchedSockets(sockets: [])
            Loop.start {
                found = await a.namespace.all.fetchSockets()
                done.note()
            }
            await until("the question ends") { a.adapter.questions.values.first?.isEnding == true }
            a.node.timing.advance(by: RedisAdapter.graceForPeers)
            await done.reach(1)
            #expect(found.sockets.map(\.id) == [client.id])
            #expect(found.missingNodes == ["paused"])
            #expect(found.missingPeers == 0)
            await pausedBus.stop()
            await paused.client.stop()
        }
    }

    @Test func `without Redis a broadcast reaches this node's sockets once`() async throws {
        try await withTwoNodes { a, _, redis in
            let client = try await PollingClient.connect(a.port)
            try redis.kill()
            await a.node.downs.reach(1)
            a.namespace.emit("e", json: Array("1".utf8))
            a.namespace.emit("e", json: Array("2".utf8))
            await client.packet { $0 == "2[\"e\",2]" }
            #expect(client.packets == ["2[\"e\",1]", "2[\"e\",2]"])
        }
    }

    @Test func `a node gets nothing for rooms without members here`() async throws {
        try await withTwoNodes { a, b, redis in
            let client = try await PollingClient.connect(b.port)
            b.sockets[0].join("here")
            try await b.adapter.confirm("here", in: b.namespace)
            let before = b.bus.statistics.received
            for number in 0..<20 { a.namespace.to("elsewhere").emit("e", json: Array("\(number)".utf8)) }
            a.namespace.to("here").emit("last")
            await client.packet { $0 == "2[\"last\"]" }
            #expect(b.bus.statistics.received - before == 1)
        }
    }

    @Test func `binary, text and numbers come to the other node as they were`() async throws {
        try await withTwoNodes { a, b, _ in
            let client = try await PollingClient.connect(b.port)
            let json = #"{"a":[1,-2.5,"é\n\u0041",null,true],"b":{"_placeholder":true,"num":0}},18446744073709551615"#
            a.namespace.emit("e", json: Array(json.utf8), attachments: [[1, 2, 255]])
            await client.packet { $0.hasPrefix("51-") }
            #expect(
                client.packets == [
                    #"51-["e",{"a":[1,-2.5,"é\nA",null,true],"b":{"_placeholder":true,"num":0}},18446744073709551615]"#
                ])
        }
    }

    @Test func `clients of all nodes acknowledge a broadcast`() async throws {
        try await withTwoNodes { a, b, _ in
            let first = try await PollingClient.connect(a.port)
            let second = try await PollingClient.connect(b.port)
            let answers = Occurrences()
            var gathered = BroadcastAnswers()
            Loop.start {
                gathered = await a.namespace.all.request("q", json: Array("1".utf8), within: .seconds(30))
                answers.note()
            }
            for (client, answer) in [(first, "\"one\",2"), (second, "{\"x\":[1]}")] {
                await client.packet { $0.hasSuffix("[\"q\",1]") }
                let id = client.packets[0].dropFirst().prefix { $0 != "[" }
                await client.send("3\(id)[\(answer)]")
            }
            await answers.reach(1)
            #expect(gathered.clients == 2)
            #expect(gathered.isWhole)
            let texts = gathered.answers.map { String(decoding: $0.json, as: UTF8.self) }
            #expect(texts.sorted() == ["\"one\"", "{\"x\":[1]}"])
        }
    }

    @Test func `a client of another node acknowledges a broadcast with binary`() async throws {
        try await withTwoNodes { a, b, _ in
            let client = try await PollingClient.connect(b.port)
            let answers = Occurrences()
            var gathered = BroadcastAnswers()
            Loop.start {
                gathered = await a.namespace.all.request(
                    "q", json: Array(#"{"_placeholder":true,"num":0}"#.utf8), attachments: [[5]], within: .seconds(30))
                answers.note()
            }
            await client.packet { $0.hasPrefix("51-") }
            let id = client.packets[0].dropFirst(3).prefix { $0 != "[" }
            #expect(client.packets[0] == #"51-\#(id)["q",{"_placeholder":true,"num":0}]"#)
            await client.send("61-\(id)[{\"a\":{\"_placeholder\":true,\"num\":0}}]\u{1e}bAQID")
            await answers.reach(1)
            #expect(gathered.isWhole)
            #expect(
                gathered.answers.map { String(decoding: $0.json, as: UTF8.self) } == [
                    #"{"a":{"_placeholder":true,"num":0}}"#
                ])
            #expect(gathered.answers.map(\.attachments) == [[[1, 2, 3]]])
        }
    }

    @Test func `a server-side request gathers the others' answers, and names who gives none`() async throws {
        try await withTwoNodes { a, b, _ in
            b.namespace.onServerSideRequest = { event, json, answer in
                answer(Array("[\"\(event)\",\(String(decoding: json, as: UTF8.self))]".utf8))
                answer(Array("2".utf8))
            }
            let whole = await a.namespace.serverSideRequest("e", json: Array("7".utf8), within: .seconds(5))
            #expect(whole.isWhole)
            #expect(whole.values == [Array("[\"e\",7]".utf8)])

            let asked = Occurrences()
            let answers = Occurrences()
            b.namespace.onServerSideRequest = { _, _, _ in asked.note() }
            var partial = GatheredAnswers<[UInt8]>()
            Loop.start {
                partial = await a.namespace.serverSideRequest("e", within: .seconds(5))
                answers.note()
            }
            await asked.reach(1)
            a.node.timing.advance(by: .seconds(5))
            await answers.reach(1)
            #expect(partial.values.isEmpty)
            #expect(partial.missingNodes == ["b"])
        }
    }

    @Test func `rooms and ids of all nodes are found`() async throws {
        try await withTwoNodes { a, b, _ in
            let first = try await PollingClient.connect(a.port)
            let second = try await PollingClient.connect(b.port)
            a.sockets[0].join("r")
            b.sockets[0].join("r")
            b.sockets[0].join("s")
            let rooms = await a.namespace.allRooms()
            #expect(Set(rooms.values) == ["r", "s", first.id, second.id])
            let ids = await a.namespace.to("s").socketIDs()
            #expect(ids.values == [second.id])
            #expect(rooms.isWhole && ids.isWhole)
        }
    }
}
