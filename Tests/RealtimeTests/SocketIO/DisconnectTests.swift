import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

/// How sockets end: what the application is told, and when.
@Suite(.timeLimit(.minutes(1))) struct DisconnectTests {
    @Test func `disconnecting comes while the rooms are there, disconnect when they have been left`() async throws {
        let steps = try await onLoop {
            let tested = try SocketsUnderTest()
            var steps: [String] = []
            let namespace = tested.sockets.namespace("/")
            namespace.onConnect { socket in
                socket.join("a")
                socket.join("b")
                socket.onDisconnect = { steps.append("own: \($0.rawValue), \(socket.rooms.count) rooms") }
            }
            namespace.onDisconnecting { socket, reason in
                steps.append("disconnecting: \(reason.rawValue), \(socket.rooms.sorted().joined(separator: " "))")
                namespace.to(socket.rooms).emit("left")
            }
            namespace.onDisconnect { socket, reason in
                steps.append(
                    "disconnect: \(reason.rawValue), \(socket.rooms.count) rooms, \(namespace.socketCount) sockets")
            }
            let other = try await tested.connect()
            let client = try await tested.connect()
            client.send("41")
            steps.append(await other.next())
            return steps
        }
        #expect(
            steps == [
                "disconnecting: client namespace disconnect, a b", "own: client namespace disconnect, 0 rooms",
                "disconnect: client namespace disconnect, 0 rooms, 1 sockets", #"42["left"]"#,
            ])
    }

    /// Ends the only socket in some way and returns the reasons told for it.
    @Loop private static func reasons(
        _ end: (SocketsUnderTest, SocketClient) async throws -> Void
    ) async throws -> [String] {
        let tested = try SocketsUnderTest { $0.engine.maximumPayload = 1_000 }
        var reasons: [String] = []
        let namespace = tested.sockets.namespace("/")
        namespace.onDisconnecting { reasons.append("disconnecting: \($1.rawValue)") }
        namespace.onDisconnect { reasons.append("disconnect: \($1.rawValue)") }
        let client = try await tested.connect()
        try await end(tested, client)
        await until("the sockets have ended") { namespace.socketCount == 0 }
        #expect(tested.sockets.statistics.disconnects.values.reduce(0, +) == 1)
        return reasons
    }

    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let end: @Loop @Sendable (SocketsUnderTest, SocketClient) async throws -> Void

        init(
            _ what: String, _ reason: String,
            _ end: @escaping @Loop @Sendable (SocketsUnderTest, SocketClient) async throws -> Void
        ) {
            testDescription = what
            self.reason = reason
            self.end = end
        }
    }

    static let ways: [Way] = [
        Way("the client leaves the namespace", "client namespace disconnect") { $1.send("41") },
        Way("the server ends the socket", "server namespace disconnect") { tested, _ in
            tested.sockets.namespace("/").all.disconnectSockets()
        },
        Way("the server ends the socket and its connection", "server namespace disconnect") { tested, _ in
            tested.sockets.namespace("/").all.disconnectSockets(close: true)
        },
        Way("the client closes the WebSocket", "transport close") { _, client in
            var frame: [UInt8] = []
            WebSocketEncoder.appendMaskedFrame(
                .close, WebSocketEncoder.closePayload(code: 1000), mask: 1, to: &frame)
            client.raw.send(frame)
        },
        Way("the client closes the TCP connection", "transport close") { $1.raw.stream.shutdownWrites() },
        Way("the client says goodbye on the Engine.IO level", "transport close") { $1.send("1") },
        Way("the client sends a frame that is none", "transport error") { $1.raw.send([0xFF, 0xFF]) },
        Way("the client sends a message that is too large", "transport error") { _, client in
            client.send("42[\"" + String(repeating: "x", count: 2_000) + "\"]")
        },
        Way("the client pings, which in version 4 is the server's", "transport error") { $1.send("2") },
        Way("the client sends what is no Engine.IO packet", "parse error") { $1.send("abc") },
        Way("the client sends what is no Socket.IO packet", "forced close") { $1.send("42{}") },
        Way("the client sends binary that nobody announced", "forced close") { $1.send(binary: [1]) },
        Way("the client joins twice", "forced server close") { $1.send("40") },
        Way("the client sends to a namespace that it has not joined", "forced server close") { _, client in
            client.send(#"42/other,["e"]"#)
        },
        Way("the client refuses itself", "forced server close") { $1.send(#"44{"message":"no"}"#) },
        Way("the session is closed by the server", "forced close") { tested, _ in
            for session in tested.sockets.engine.openSessions { session.close(.forcedClose) }
        },
        Way("the server shuts down", "server shutting down") { tested, _ in tested.sockets.closeAll() },
        Way("no pong comes", "ping timeout") { tested, client in
            tested.timing.advance(by: .seconds(25))
            #expect(await client.next() == "2")
            tested.timing.advance(by: .seconds(21))
        },
    ]

    @Test(arguments: ways)
    func `the reason is the one that the official server names`(way: Way) async throws {
        let reasons = try await onLoop { try await Self.reasons(way.end) }
        #expect(reasons == ["disconnecting: \(way.reason)", "disconnect: \(way.reason)"])
    }

    @Test(arguments: [("goodbye", "transport close"), ("abort", "transport error"), ("second poll", "transport error")])
    func `and so it is for a client that polls`(way: String, reason: String) async throws {
        let reasons = try await onLoop {
            let tested = try SocketsUnderTest()
            var reasons: [String] = []
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await PollingClient.open(tested.port)
            try await client.post("40")
            _ = try await client.get()
            @Loop func hold() async {
                client.sendGet()
                await until("a poll is held") { tested.sockets.engine.openSessions.first?.polling?.isWritable == true }
            }
            switch way {
            case "goodbye":
                try await client.post("1")
            case "abort":
                await hold()
                client.close()
            default:
                await hold()
                let other = try await RawClient.connect(tested.port)
                other.send(
                    "GET /socket.io/?EIO=4&transport=polling&sid=\(client.sid) HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            await until("the socket has ended") { tested.sockets.namespace("/").socketCount == 0 }
            return reasons
        }
        #expect(reasons == [reason])
    }
}
