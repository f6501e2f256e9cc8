import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    @Test func `a draining server refuses handshakes and ends its sessions in waves`() async throws {
        let (refusal, counts, messages, reasons) = try await onLoop {
            let tested = try SocketsUnderTest { $0.closeRate = 1 }
            var reasons: Set<String> = []
            tested.sockets.namespace("/").onDisconnect { reasons.insert($1.rawValue) }
            var clients: [SocketClient] = []
            for _ in 0..<10 { clients.append(try await tested.connect()) }
            let draining = Loop.start { await tested.sockets.drain(over: .seconds(1)) }
            let raw = try await RawClient.connect(tested.port)
            raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
            let refusal = try await raw.reply()
            var counts = [tested.sockets.sessionCount]
            await tested.timing.run(for: .milliseconds(450))
            counts.append(tested.sockets.sessionCount)
            await tested.timing.run(for: .milliseconds(600))
            counts.append(tested.sockets.sessionCount)
            await draining.value
            var messages: Set<String> = []
            for client in clients { messages.insert(await client.next()) }
            return (refusal, counts, messages, reasons)
        }
        #expect(refusal?.status == 503)
        #expect(refusal?["retry-after"] == "1")
        #expect(counts == [9, 5, 0])
        #expect(messages == ["close 1001"])
        #expect(reasons == ["server shutting down"])
    }

    @Test func `handshakes beyond the rate or the number are refused for now`() async throws {
        let (statuses, refused, peaks) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.engine.maximumHandshakesPerSecond = 20
                $0.engine.maximumSessions = 3
            }
            let raw = try await RawClient.connect(tested.port)
            var statuses: [Int] = []
            @Loop func handshake() async throws {
                raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
                statuses.append(try await raw.reply()?.status ?? 0)
            }
            for _ in 0..<3 { try await handshake() }
            tested.timing.advance(by: .seconds(1))
            for _ in 0..<2 { try await handshake() }
            let peaks = [tested.sockets.takeHandshakePeak(), tested.sockets.takeHandshakePeak()]
            return (statuses, tested.sockets.statistics.engine.refusedHandshakes, peaks)
        }
        #expect(statuses == [200, 200, 503, 200, 503])
        #expect(refused == 2)
        #expect(peaks == [2, 1])
    }

    @Test func `many that have to move are closed at the set pace, however they are asked to`() async throws {
        let counts = try await onLoop {
            let tested = try SocketsUnderTest { $0.closeRate = 20 }
            var sockets: [Socket] = []
            tested.sockets.namespace("/").onConnect { sockets.append($0) }
            for _ in 0..<8 { _ = try await tested.connect() }
            for socket in sockets.dropLast() { tested.sockets.closeInWaves([socket]) }
            var counts = [tested.sockets.sessionCount]
            for _ in 0..<3 {
                await tested.timing.run(for: .milliseconds(100))
                counts.append(tested.sockets.sessionCount)
            }
            tested.sockets.closeInWaves(sockets.suffix(1))
            counts.append(tested.sockets.sessionCount)
            await tested.timing.run(for: .milliseconds(100))
            counts.append(tested.sockets.sessionCount)
            return counts
        }
        #expect(counts == [7, 5, 3, 1, 1, 0])
    }

    @Test func `a socket that polls is told with its next poll, and a drain waits for it`() async throws {
        let (isOver, body) = try await onLoop {
            let tested = try SocketsUnderTest()
            let raw = try await RawClient.connect(tested.port)
            raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
            let open = try await raw.reply()?.body ?? ""
            let id = open.split(separator: "\"").dropFirst(3).first ?? ""
            var isOver = [false]
            let draining = Loop.start {
                await tested.sockets.drain(over: .zero)
                isOver.append(true)
            }
            await tested.timing.run(for: .milliseconds(300))
            isOver.append(isOver.count > 1)
            raw.send("GET /socket.io/?EIO=4&transport=polling&sid=\(id) HTTP/1.1\r\nHost: x\r\n\r\n")
            let body = try await raw.reply()?.body
            await tested.timing.run(for: .milliseconds(300))
            await draining.value
            return (isOver, body)
        }
        #expect(isOver == [false, false, true])
        #expect(body == "6")
    }

    /// The official client stops polling once its probe is answered, and takes no notice of a WebSocket that closes then.
    @Test(arguments: [true, false])
    func `a socket in the middle of an upgrade is moved once that is over`(succeeds: Bool) async throws {
        let (sessions, messages, body) = try await onLoop {
            let tested = try SocketsUnderTest()
            let raw = try await RawClient.connect(tested.port)
            raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
            let open = try await raw.reply()?.body ?? ""
            let id = String(open.split(separator: "\"").dropFirst(3).first ?? "")
            let client = try await SocketClient.open(tested.port, sid: id)
            client.send("2probe")
            var messages = [await client.next()]
            let draining = Loop.start { await tested.sockets.drain(over: .zero) }
            await tested.timing.run(for: .milliseconds(300))
            var sessions = [tested.sockets.sessionCount]
            client.send(succeeds ? "5" : "nonsense")
            messages.append(await client.next())
            var body: String?
            if !succeeds {
                raw.send("GET /socket.io/?EIO=4&transport=polling&sid=\(id) HTTP/1.1\r\nHost: x\r\n\r\n")
                body = try await raw.reply()?.body
            }
            await tested.timing.run(for: .milliseconds(300))
            await draining.value
            sessions.append(tested.sockets.sessionCount)
            return (sessions, messages, body)
        }
        #expect(sessions == [1, 0])
        #expect(messages == ["3probe", succeeds ? "close 1001" : "close 1000"])
        #expect(body == (succeeds ? nil : "6"))
    }
}
