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

    @Test func `an address opens so many sessions a second and no more, others as they like`() async throws {
        let (statuses, retry, refused) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumHandshakesPerSecondPerAddress = 2 }
            var statuses: [Int?] = []
            var retry: String?
            @Loop func shake(_ address: String) async throws {
                let reply = try await Self.handshake(tested, from: address).reply()
                statuses.append(reply?.status)
                retry = retry ?? reply?["retry-after"]
            }
            for address in ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.2"] { try await shake(address) }
            tested.timing.advance(by: .milliseconds(499))
            try await shake("2001:db8::1")
            tested.timing.advance(by: .milliseconds(1))
            try await shake("2001:db8::1")
            try await shake("2001:db8::1")
            return (statuses, retry, tested.sockets.statistics.engine.refusedByAddressRate)
        }
        #expect(statuses == [200, 200, 429, 200, 429, 200, 429])
        #expect(retry == "1")
        #expect(refused == 3)
    }

    @Test func `addresses that have not come for a while are forgotten, and a flood of them is let through`()
        async throws
    {
        let (admitted, counts, extra) = try await onLoop {
            let timing = ManualTiming()
            var buckets = AddressBuckets(rate: 1, timing: timing)
            var admitted = 0
            for number in 0..<20_000 where buckets.take("\(number)") { admitted += 1 }
            var counts = [buckets.count]
            let extra = [buckets.take("0"), buckets.take("19999"), buckets.take("19999")]
            timing.advance(by: .seconds(1))
            _ = buckets.take("a")
            counts.append(buckets.count)
            return (admitted, counts, extra)
        }
        #expect(admitted == 20_000)
        #expect(counts == [16_384, 1])
        #expect(extra == [false, true, true])
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

    @Test func `a client that asks to join thousands of rooms gets as many as it may`() async throws {
        let (acknowledged, rooms, refused) = try await onLoop {
            let tested = try SocketsUnderTest { $0.maximumRoomsPerSocket = 100 }
            let namespace = tested.sockets.namespace("/")
            namespace.on("join") { socket, event in
                event.acknowledge(Array("\(socket.join(String(decoding: event.arguments, as: UTF8.self)))".utf8))
            }
            let client = try await tested.connect()
            for number in 0..<3_000 { client.send("42\(number)[\"join\",\(number)]") }
            var acknowledged = 0
            for message in await client.next(3_000) where message.hasSuffix("[true]") { acknowledged += 1 }
            return (acknowledged, namespace.roomCount, tested.sockets.statistics.refusedRooms)
        }
        #expect(acknowledged == 100)
        #expect(rooms == 100)
        #expect(refused == 2_900)
    }

    @Test func `who never finishes the request of a handshake is let go`() async throws {
        let (reply, connections) = try await onLoop {
            let tested = try SocketsUnderTest()
            let raw = try await RawClient.connect(tested.port)
            raw.send("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgra")
            await until("a connection is accepted") { tested.server.statistics.connections > 0 }
            await settle()
            // A byte now and then is no reason to wait longer.
            for _ in 0..<5 {
                raw.send("d")
                await settle()
                tested.timing.advance(by: .seconds(2))
            }
            tested.timing.advance(by: .seconds(1))
            let reply = try await raw.reply()?.status
            await raw.waitForEnd()
            return (reply, tested.sockets.sessionCount)
        }
        #expect(reply == 408)
        #expect(connections == 0)
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
