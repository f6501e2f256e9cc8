import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct BroadcastTests {
    /// Sockets a, b, c: a and b are in room 1, b and c in room 2. Tells who got what, in order.
    @Loop private static func received(_ broadcast: (Namespace, [String: Socket]) -> Void) async throws -> [String] {
        let tested = try SocketsUnderTest()
        let namespace = tested.sockets.namespace("/")
        var sockets: [String: Socket] = [:]
        namespace.onConnect { socket in
            let name = String(decoding: socket.auth, as: UTF8.self).contains("a") ? "a" : sockets.isEmpty ? "?" : "x"
            sockets[name == "a" ? "a" : sockets.count == 1 ? "b" : "c"] = socket
        }
        var clients: [(String, SocketClient)] = []
        for name in ["a", "b", "c"] {
            clients.append((name, try await tested.connect(name == "a" ? #"40{"a":1}"# : "40")))
        }
        for (name, room) in [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2")] { sockets[name]?.join(room) }
        broadcast(namespace, sockets)
        namespace.emit("end")
        var lines: [String] = []
        for (name, client) in clients {
            while true {
                let message = await client.next()
                if message == #"42["end"]"# || message == "end" { break }
                lines.append("\(name) \(message)")
            }
        }
        return lines
    }

    @Test func `everybody in any of the rooms gets it once`() async throws {
        let lines = try await onLoop {
            try await Self.received { namespace, _ in namespace.to("1", "2").emit("x", json: Array("1".utf8)) }
        }
        #expect(lines == [#"a 42["x",1]"#, #"b 42["x",1]"#, #"c 42["x",1]"#])
    }

    @Test func `the excepted do not get it`() async throws {
        let lines = try await onLoop {
            try await Self.received { namespace, sockets in
                namespace.to("1").except("2").emit("one")
                namespace.except("1").emit("two")
                sockets["b"]?.broadcast.to("1", "2").emit("three")
            }
        }
        #expect(lines == [#"a 42["one"]"#, #"a 42["three"]"#, #"c 42["two"]"#, #"c 42["three"]"#])
    }

    @Test func `a socket's id is a room of its own`() async throws {
        let lines = try await onLoop {
            try await Self.received { namespace, sockets in
                if let id = sockets["c"]?.id {
                    namespace.to(id).emit("private")
                    namespace.to(id, "2").emit("both")
                }
            }
        }
        #expect(lines == [#"b 42["both"]"#, #"c 42["private"]"#, #"c 42["both"]"#])
    }

    @Test func `attachments follow their text`() async throws {
        let lines = try await onLoop {
            try await Self.received { namespace, _ in
                namespace.to("1").except("2").emit(
                    "b", json: Array(#"{"_placeholder":true,"num":0}"#.utf8), attachments: [[1, 2]])
            }
        }
        #expect(lines == [#"a 451-["b",{"_placeholder":true,"num":0}]"#, "a <1 2>"])
    }

    @Test func `rooms are moved in and out of from outside, and vanish with their last member`() async throws {
        let (lines, opened, closed) = try await onLoop {
            let adapter = RecordingAdapter()
            let timing = ManualTiming()
            let server = SocketServer(options: SocketServerOptions(), adapter: adapter, timing: timing)
            let namespace = server.namespace("/")
            let http = HTTPServer(router: Router(), errorBody: { .empty($0.status) }, upgrade: server, timing: timing)
            let port = try http.listen(host: "127.0.0.1", port: 0)
            let client = try await SocketClient.open(port)
            client.send("40")
            _ = await client.next()
            namespace.all.socketsJoin("r", "s")
            let lines = [namespace.rooms.sorted().joined(), "\(await namespace.to("r").fetchSockets().sockets.count)"]
            namespace.to("r").socketsLeave("s")
            namespace.to("r").disconnectSockets(close: true)
            return (lines + ["\(namespace.roomCount)"], adapter.opened, adapter.closed)
        }
        #expect(lines == ["rs", "1", "0"])
        #expect(opened == ["r", "s"])
        #expect(closed == ["s", "r"])
    }

    @Loop private final class RecordingAdapter: Adapter {
        var opened: [String] = []
        var closed: [String] = []

        func opened(_ namespace: Namespace) {}
        func closed(_ namespace: Namespace) {}
        func roomOpened(_ room: String, in namespace: Namespace) { opened.append(room) }
        func roomClosed(_ room: String, in namespace: Namespace) { closed.append(room) }
        func confirm(_ room: String, in namespace: Namespace) async throws(AdapterError) {}
        func broadcast(_ packet: BroadcastPacket, in namespace: Namespace) { namespace.deliver(packet) }
        func join(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
            namespace.deliverJoin(target, rooms: rooms)
        }
        func leave(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
            namespace.deliverLeave(target, rooms: rooms)
        }
        func disconnect(_ target: BroadcastTarget, close: Bool, in namespace: Namespace) {
            namespace.deliverDisconnect(target, close: close)
        }
        func fetchSockets(_ target: BroadcastTarget, in namespace: Namespace) async -> FetchedSockets {
            FetchedSockets(sockets: namespace.describe(target))
        }
        func serverSideEmit(_ event: String, json: [UInt8], in namespace: Namespace) {}
    }
}
