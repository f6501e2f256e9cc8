import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    @Test func `a draining server refuses handshakes and ends its sessions in waves`() async throws {
        let (refusal, counts, messages, reasons) = try await onLoop {
            let tested = try SocketsUnderTest()
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
        let (statuses, refused) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.engine.maximumHandshakesPerSecond = 2
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
            return (statuses, tested.sockets.statistics.engine.refusedHandshakes)
        }
        #expect(statuses == [200, 200, 503, 200, 503])
        #expect(refused == 2)
    }
}
