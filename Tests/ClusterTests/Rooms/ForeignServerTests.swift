import EventLoop
import Realtime
import Redis
import TestSupport
import Testing
import Wire

@testable import Cluster

/// Another server's and an emitter's messages, as recorded from the official ones, over a real Redis.
@Suite(.timeLimit(.minutes(1)))
struct ForeignServerTests {
    /// A node with one client, and a bus by which the test speaks as somebody else.
    @Loop
    private final class Scene {
        let redis: PrivateRedis
        let own: RoomNode
        let foreign: TestNode
        let foreignBus: Bus
        let client: PollingClient
        var heard: [String] = []
        let hearing = Occurrences()

        var node: TestNode { own.node }
        var adapter: RedisAdapter { own.adapter }
        var namespace: Namespace { own.namespace }

        init() async throws {
            let redis = try PrivateRedis()
            self.redis = redis
            own = try await RoomNode.up(redis, "a", prefix: "aaaaaa", pythonChannel: "socketio")
            foreign = try await TestNode.up(redis)
            foreignBus = Bus(foreign.configuration, client: foreign.client, timing: foreign.timing)
            let restored = Occurrences()
            foreignBus.observe { if $0 { restored.note() } }
            foreignBus.start()
            await restored.reach(1)
            client = try await PollingClient.connect(own.port)
        }

        func listen(_ channel: String) async throws {
            try await foreignBus.subscribe(foreign: channel) { message in
                self.heard.append(String(decoding: message, as: UTF8.self))
                self.hearing.note()
            }.confirmed()
        }

        func publish(_ channel: String, _ message: String) {
            foreignBus.publish(foreign: channel, Array(message.utf8))
        }

        func down() async {
            await own.down()
            await foreignBus.stop()
            await foreign.client.stop()
        }
    }

    /// `[uid, {type: 2, data: ["e", 2], nsp: "/"}, {rooms: ["r1"], except: [], flags: {}}]`, as the official adapter
    /// writes it.
    private static let golden: [UInt8] =
        [0x93, 0xA6] + Array("dbHI6x".utf8) + [0x83, 0xA4] + Array("type".utf8) + [0x02, 0xA4] + Array("data".utf8)
        + [0x92, 0xA1, 0x65, 0x02, 0xA3] + Array("nsp".utf8) + [0xA1, 0x2F, 0x83, 0xA5] + Array("rooms".utf8)
        + [0x91, 0xA2, 0x72, 0x31, 0xA6] + Array("except".utf8) + [0x90, 0xA5] + Array("flags".utf8) + [0x80]

    @Test func `broadcasts of an official server and emitter reach clients here`() async throws {
        try await onLoop {
            let scene = try await Scene()
            scene.namespace.to(scene.client.id).socketsJoin("r1")
            try await scene.adapter.confirm("r1", in: scene.namespace)
            scene.foreignBus.publish(foreign: "socket.io#/#r1#", Self.golden)
            // As recorded from the emitter: `["fromemitter", 1, <bytes ff>]` to r1, its keys in another order.
            let emitted: [UInt8] =
                [0x93, 0xA7] + Array("emitter".utf8) + [0x83, 0xA4] + Array("type".utf8) + [0x02, 0xA4]
                + Array("data".utf8) + [0x93, 0xAB] + Array("fromemitter".utf8) + [0x01, 0xC4, 0x01, 0xFF, 0xA3]
                + Array("nsp".utf8) + [0xA1, 0x2F, 0x83, 0xA5] + Array("rooms".utf8) + [0x91, 0xA2, 0x72, 0x31, 0xA5]
                + Array("flags".utf8) + [0x80, 0xA6] + Array("except".utf8) + [0x90]
            scene.foreignBus.publish(foreign: "socket.io#/#r1#", emitted)
            await scene.client.packet { $0.hasPrefix("51-") }
            #expect(
                scene.client.packets
                    == [#"2["e",2]"#, #"51-["fromemitter",1,{"_placeholder":true,"num":0}]"#])
            await scene.down()
        }
    }

    @Test func `a broadcast leaves as an official server reads it`() async throws {
        try await onLoop {
            let scene = try await Scene()
            var heard: [UInt8] = []
            try await scene.foreignBus.subscribe(foreign: "socket.io#/#r1#") { message in
                heard = message
                scene.hearing.note()
            }.confirmed()
            scene.namespace.to("r1").emit("e", json: Array("2".utf8))
            await scene.hearing.reach(1)
            #expect(heard == Self.golden.map { $0 }.replacing(Array("dbHI6x".utf8), with: Array("aaaaaa".utf8)))
            await scene.down()
        }
    }

    @Test func `what a node tells official servers alone reaches them, and no socket of another node`() async throws {
        try await onLoop {
            let scene = try await Scene()
            scene.namespace.to(scene.client.id).socketsJoin("r1")
            try await scene.adapter.confirm("r1", in: scene.namespace)
            let other = RedisAdapter(
                bus: scene.foreignBus, nodeName: "b", socketPrefix: "bbbbbb", timing: scene.foreign.timing
            ) { [] }
            let remote = SocketServer(options: SocketServerOptions(), adapter: other)
            var heard: [UInt8] = []
            try await scene.foreignBus.subscribe(foreign: "socket.io#/#r1#") { message in
                heard = message
                scene.hearing.note()
            }.confirmed()
            other.tellPeers("told", json: Array("1".utf8), room: "r1", in: remote.namespace("/"))
            await scene.hearing.reach(1)
            let read = try #require(try PeerBroadcast.decode(heard.span, passingOver: "aaaaaa"))
            #expect(read.target == PeerTarget(rooms: ["r1"]))
            remote.namespace("/").to("r1").emit("e")
            await scene.client.packet { $0 == #"2["e"]"# }
            #expect(scene.client.packets == [#"2["e"]"#])
            await scene.down()
        }
    }

    @Test func `requests of official servers are answered on the common channel`() async throws {
        try await onLoop {
            let scene = try await Scene()
            try await scene.listen("socket.io-response#/#")
            let (id, request) = (scene.client.id, "socket.io-request#/#")
            scene.namespace.to(id).socketsJoin("r1")
            scene.publish(request, #"{"uid":"zzzzzz","requestId":"r0","type":0,"rooms":["r1"]}"#)
            scene.publish(request, #"{"uid":"zzzzzz","requestId":"r1","type":1}"#)
            scene.publish(request, #"{"uid":"zzzzzz","requestId":"r5","type":5,"opts":{"rooms":["r1"],"except":[]}}"#)
            await scene.hearing.reach(3)
            #expect(scene.heard[0].contains("\"requestId\":\"r0\"") && scene.heard[0].contains("[\"\(id)\"]"))
            #expect(scene.heard[1].contains("\"rooms\":[\"r1\",\"\(id)\"]"))
            for field in ["headers", "time", "address", "xdomain", "secure", "issued", "url", "query", "auth"] {
                #expect(scene.heard[2].contains("\"\(field)\":"))
            }
            #expect(scene.heard[2].contains("\"rooms\":[\"\(id)\",\"r1\"]"))
            await scene.down()
        }
    }

    @Test func `acknowledgements are owed for so many broadcasts of others, and no more`() async throws {
        try await onLoop {
            let scene = try await Scene()
            let surplus = 3
            for number in 1...RedisAdapter.owedLimit + surplus {
                let request = try PeerRequest.encodeBroadcast(
                    PeerEvent(name: "e", json: [], attachments: []), namespace: "/", uid: "zzzzzz", id: "r\(number)",
                    node: "z", target: PeerTarget(rooms: [scene.client.id], except: []), timeoutMilliseconds: 60_000)
                scene.foreignBus.publish(foreign: "socket.io-request#/#", request)
            }
            await until("all have come") { scene.adapter.statistics.requests >= RedisAdapter.owedLimit + surplus }
            #expect(scene.adapter.statistics.refused == surplus)
            // Who owed them is gone, and with it what it owed.
            scene.namespace.socket(scene.client.id)?.disconnect(close: true)
            #expect(scene.adapter.owed == 0)
            await scene.down()
        }
    }

    @Test func `joins, leaves and disconnects of emitters are carried out, in the old form too`() async throws {
        try await onLoop {
            let scene = try await Scene()
            try await scene.listen("socket.io-response#/#")
            let (id, request) = (scene.client.id, "socket.io-request#/#")
            scene.publish(request, "{\"type\":2,\"opts\":{\"rooms\":[\"\(id)\"]},\"rooms\":[\"x\",\"y\"]}")
            scene.publish(request, "{\"type\":3,\"opts\":{\"rooms\":[\"x\"]},\"rooms\":[\"y\"]}")
            scene.publish(request, "{\"type\":2,\"sid\":\"\(id)\",\"room\":\"z\",\"requestId\":\"q\"}")
            await scene.hearing.reach(1)
            #expect(scene.heard == [#"{"requestId":"q","node":"a"}"#])
            #expect(scene.namespace.socket(id)?.rooms == ["x", "z"])
            scene.publish(request, "{\"type\":4,\"opts\":{\"rooms\":[\"x\"],\"except\":[]},\"close\":true}")
            await scene.client.packet { $0.hasPrefix("1") || $0 == "closed" }
            await scene.down()
        }
    }

    @Test func `server-side emits arrive, and are answered where asked`() async throws {
        try await onLoop {
            let scene = try await Scene()
            try await scene.listen("socket.io-response#/#")
            var heard: [String] = []
            scene.namespace.onServerSideEmit = { heard.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
            scene.namespace.onServerSideRequest = { _, json, answer in answer(json) }
            let request = "socket.io-request#/#"
            scene.publish(request, #"{"uid":"emitter","type":6,"data":["e",1,"x"]}"#)
            scene.publish(request, #"{"uid":"zzzzzz","requestId":"q","type":6,"data":["f",{"a":1}]}"#)
            await scene.hearing.reach(1)
            #expect(heard == [#"e 1,"x""#])
            #expect(scene.heard == [#"{"requestId":"q","node":"a","type":6,"data":{"a":1}}"#])
            await scene.down()
        }
    }

    @Test func `an official server is counted, and answers or is missing`() async throws {
        try await onLoop {
            let scene = try await Scene()
            // It follows the channel of requests and answers the first question alone.
            try await scene.foreignBus.subscribe(foreign: "socket.io-request#/#") { message in
                guard let request = try? PeerRequest.decode(message.span), let id = request.id else { return }
                scene.hearing.note()
                guard scene.hearing.count == 1 else { return }
                scene.publish(
                    "socket.io-response#/#",
                    "{\"requestId\":\"\(id)\",\"sockets\":[{\"id\":\"theirs\",\"handshake\":{\"address\":\"::2\"},"
                        + "\"rooms\":[\"theirs\"],\"data\":{}}]}")
            }.confirmed()
            let whole = await scene.namespace.all.fetchSockets()
            #expect(whole.sockets.map(\.id) == [scene.client.id, "theirs"])
            #expect(whole.sockets[1].remoteAddress == "::2")
            #expect(whole.missingPeers == 0)
            let done = Occurrences()
            var partial = FetchedSockets(sockets: [])
            Loop.start {
                partial = await scene.namespace.all.fetchSockets()
                done.note()
            }
            await scene.hearing.reach(2)
            // The count comes by another connection than the question.
            _ = try await scene.node.client.command(["PING"])
            await settle()
            scene.node.timing.advance(by: RedisAdapter.fetchTimeout)
            await done.reach(1)
            #expect(partial.sockets.map(\.id) == [scene.client.id])
            #expect(partial.missingPeers == 1)
            await scene.down()
        }
    }

    @Test func `python-socketio's emitters are heard on their channel`() async throws {
        try await onLoop {
            let scene = try await Scene()
            let id = scene.client.id
            scene.publish(
                "socketio",
                "{\"method\": \"enter_room\", \"sid\": \"\(id)\", \"room\": \"p\", \"namespace\": \"/\", \"host_id\": \"h\"}"
            )
            scene.publish(
                "socketio",
                #"{"method": "emit", "event": "e", "data": [{"a": 1}, "x"], "binary": false, "namespace": "/", "#
                    + #""room": "p", "skip_sid": null, "callback": null, "host_id": "h"}"#)
            scene.publish(
                "socketio",
                #"{"method": "emit", "event": "b", "data": [[{"_placeholder": true, "num": 0}], "AQI="], "#
                    + #""binary": true, "namespace": "/", "room": null, "skip_sid": [], "callback": null}"#)
            scene.publish("socketio", #"{"method": "emit", "event": "n", "data": [null], "namespace": "/"}"#)
            await scene.client.packet { $0.hasPrefix("2[\"n\"") }
            #expect(
                scene.client.packets == [
                    #"2["e",{"a": 1}, "x"]"#, #"51-["b",{"_placeholder": true, "num": 0}]"#, #"2["n"]"#,
                ])
            scene.publish("socketio", #"{"method": "close_room", "room": "p", "namespace": "/"}"#)
            scene.publish("socketio", "{\"method\": \"disconnect\", \"sid\": \"\(id)\", \"namespace\": \"/\"}")
            await scene.client.packet { $0 == "1" || $0 == "closed" }
            await scene.down()
        }
    }

    @Test func `what is none of theirs is counted and dropped`() async throws {
        try await onLoop {
            let scene = try await Scene()
            let deep = [UInt8](repeating: 0x91, count: 4_000)
            let all: [UInt8] = Array(Self.golden)
            var foreign = all
            foreign.replace(
                [0xA3] + Array("nsp".utf8) + [0xA1, 0x2F], with: [0xA3] + Array("nsp".utf8) + [0xA2, 0x2F, 0x78])
            var count: UInt64 = 0
            for message in [
                [], [0xC1], [0x93], [0x93, 0xA1], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0x90], deep, Array(all.dropLast()),
                foreign,
                [0x93, 0xC0, 0xC0, 0xC0], [0x93, 0xC0, 0x80, 0x80], Array("{}".utf8),
                all.replacing([0x92, 0xA1, 0x65, 0x02], with: [0x92, 0xA7] + Array("connect".utf8) + [0x02]),
                all.replacing([0x92, 0xA1, 0x65, 0x02], with: [0x92, 0xA1, 0x65] + deep + [0x02]),
            ] as [[UInt8]] {
                let toAll = message.replacing([0x91, 0xA2, 0x72, 0x31], with: [0x90])
                scene.foreignBus.publish(foreign: "socket.io#/#", toAll)
                count += 1
            }
            for text in [
                "", "{", "[]", "{}", "{\"type\":99}", "{\"type\":2}", "{\"type\":5,\"opts\":7}",
                "{\"type\":6,\"data\":[]}",
                "{\"type\":6,\"data\":[\"connection\"]}", "{\"type\":7}", String(repeating: "[", count: 3_000),
                "\u{80}",
            ] {
                scene.publish("socket.io-request#/#", text)
                count += 1
            }
            for text in ["", "{}", "{\"requestId\":{}}", "{\"requestId\":\"x\",\"sockets\":7}", "\u{81}"] {
                scene.publish("socket.io-response#/#", text)
                count += 1
            }
            for text in [
                "", "\u{80}\u{4}pickle", "{\"method\":\"emit\"}", "{\"method\":7}", "[1]", "{\"method\":\"dance\"}",
            ] {
                scene.publish("socketio", text)
                count += 1
            }
            scene.foreignBus.publish(foreign: "socket.io#/#", all.replacing([0x91, 0xA2, 0x72, 0x31], with: [0x90]))
            await scene.client.packet { $0 == #"2["e",2]"# }
            #expect(scene.client.packets.count == 1)
            #expect(scene.adapter.statistics.malformed == count)
            await scene.down()
        }
    }
}
