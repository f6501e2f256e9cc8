import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct ConnectionLimitTests {
    @Loop private static func handshake(_ tested: SocketsUnderTest, from address: String) async throws -> RawClient {
        let raw = try await RawClient.connect(tested.port)
        raw.send(
            "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \(address)\r\n\r\n")
        return raw
    }

    @Test func `an address has so many sessions and no more, until one of them ends`() async throws {
        let (statuses, retry, webSocket, refused) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumSessionsPerAddress = 2 }
            var statuses: [Int?] = []
            var retry: String?
            for address in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"] {
                let reply = try await Self.handshake(tested, from: address).reply()
                statuses.append(reply?.status)
                retry = retry ?? reply?["retry-after"]
            }
            let raw = try await RawClient.connect(tested.port)
            raw.send(
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nX-Forwarded-For: 192.0.2.1\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            let webSocket = try await raw.reply()?.status
            for session in tested.sockets.engine.openSessions { session.close(.transportError) }
            statuses.append(try await Self.handshake(tested, from: "192.0.2.1").reply()?.status)
            return (statuses, retry, webSocket, tested.sockets.statistics.engine.refusedByAddress)
        }
        #expect(statuses == [200, 200, 429, 200, 200])
        #expect(retry == "10")
        #expect(webSocket == 429)
        #expect(refused == 2)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8::1", "2001:db8:0:0::"),
        ("::1", "0:0:0:0::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("", ""), ("1::", "1:0:0:0::"),
    ])
    func `an IPv6 address counts by its network`(address: String, account: String) async throws {
        let found = try await onLoop { EngineServer.account(of: address) }
        #expect(found == account)
    }

    @Test func `a handshake beyond what the node takes is answered 503`() async throws {
        let reply = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumSessions = 1 }
            _ = try await tested.connect()
            return try await Self.handshake(tested, from: "192.0.2.1").reply()
        }
        #expect(reply?.status == 503 && reply?["retry-after"] == "1")
    }

    @Test func `more packets a second than allowed end the session with a reason of its own`() async throws {
        let (close, reasons, events, floods) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumPacketsPerSecond = 50 }
            var reasons: [String] = []
            var events = 0
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            tested.sockets.namespace("/").on("e") { _, _ in events += 1 }
            let client = try await tested.connect()
            for _ in 0..<1_000 { client.send(#"42["e"]"#) }
            let close = await client.next()
            return (close, reasons, events, tested.sockets.statistics.engine.floods)
        }
        #expect(close == "close 1008")
        #expect(reasons == ["too many packets"])
        #expect(events < 100)
        #expect(floods == 1)
    }

    @Test func `who stays below the limit stays, however much that is in all`() async throws {
        let events = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumPacketsPerSecond = 50 }
            var events = 0
            tested.sockets.namespace("/").on("e") { _, event in
                events += 1
                event.acknowledge([])
            }
            let client = try await tested.connect()
            for round in 0..<10 {
                for index in 0..<45 { client.send("42\(round * 45 + index)[\"e\"]") }
                _ = await client.next(45)
                tested.timing.advance(by: .seconds(1))
            }
            return events
        }
        #expect(events == 450)
    }

    @Test(arguments: [WebSocketOpcode.ping, .pong])
    func `a flood of control frames ends the connection`(opcode: WebSocketOpcode) async throws {
        let (close, reasons) = try await onLoop {
            let tested = try SocketsUnderTest()
            var reasons: [String] = []
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await tested.connect()
            var frames: [UInt8] = []
            for _ in 0..<1_000 {
                WebSocketEncoder.appendMaskedFrame(opcode, Array("x".utf8), mask: 0x1234_5678, to: &frames)
            }
            client.raw.send(frames)
            return (await client.next(), reasons)
        }
        #expect(close == "close 1008")
        #expect(reasons == ["too many packets"])
    }

    @Test func `namespaces that the server ended are not remembered for ever`() async throws {
        let (last, forgotten) = try await onLoop {
            let tested = try SocketsUnderTest()
            for number in 0..<40 {
                tested.sockets.namespace("/\(number)").onConnect { $0.disconnect() }
            }
            let client = try await tested.connect()
            for number in 0..<40 {
                client.send("40/\(number)")
                _ = await client.next(2)
            }
            // Of the newest it is let pass, of the oldest not.
            client.send(#"42/39,["late"]"#)
            client.send(#"41/39"#)
            client.send("40/none")
            let last = await client.next()
            client.send(#"42/0,["late"]"#)
            return (last, await client.next())
        }
        #expect(last == #"44/none,{"message":"Invalid namespace"}"#)
        #expect(forgotten == "close 1002")
    }
}
