import EventLoop
import TestSupport
import Testing

@testable import Realtime

/// A client that has missed more than its queue may hold at once gets it piece by piece.
@Suite(.timeLimit(.minutes(1))) struct ManyMissedTests {
    @Test func `by polling, sixteen at a time`() async throws {
        let (values, reasons) = try await onLoop {
            let under = try RecoveryUnderTest { $0.engine.maximumQueuedPackets = 100 }
            var reasons: [String] = []
            under.namespace.onDisconnect { reasons.append($1.rawValue) }
            let (client, _, pid) = try await under.join()
            client.raw.close()
            await until("the sockets have ended") { under.namespace.socketCount == 0 }
            for value in 0..<1_000 { under.namespace.to("r").emit("e", json: Array("\(value)".utf8)) }
            let again = try await PollingClient.open(under.tested.port)
            try await again.post(#"40{"pid":"\#(pid)"}"#)
            var packets: [Substring] = []
            while packets.last?.hasPrefix("40") != true {
                guard let body = try await again.get()?.body else { break }
                packets += body.split(separator: "\u{1e}")
            }
            return (packets.dropLast().map { String($0).withoutOffset }, reasons)
        }
        #expect(values == (0..<1_000).map { #"42["e",\#($0)]"# })
        #expect(reasons == ["transport close"])
    }

    @Test func `by WebSocket, as fast as the client reads`() async throws {
        let (values, reasons) = try await onLoop {
            let under = try RecoveryUnderTest {
                $0.engine.maximumQueuedBytes = 4 << 20
                $0.engine.maximumQueuedPackets = 50
            }
            var reasons: [String] = []
            under.namespace.onDisconnect { reasons.append($1.rawValue) }
            let (client, _, pid) = try await under.join()
            client.raw.close()
            await until("the sockets have ended") { under.namespace.socketCount == 0 }
            // 16 MB, more than the kernel holds.
            let block = Array(("\"" + String(repeating: "x", count: 20_000) + "\",").utf8)
            for value in 0..<800 { under.namespace.to("r").emit("e", json: block + Array("\(value)".utf8)) }
            let again = try await SocketClient.open(under.tested.port)
            again.raw.stream.pauseReading()
            again.send(#"40{"pid":"\#(pid)"}"#)
            await until("the client is behind") { under.tested.sockets.engine.openSessions.first?.hasRoom == false }
            again.raw.stream.resumeReading()
            var values: [String] = []
            while true {
                let message = await again.next()
                guard message.hasPrefix("42") else { break }
                values.append(String(message.split(separator: ",").dropFirst(2).first ?? ""))
            }
            return (values, reasons)
        }
        #expect(values == (0..<800).map(String.init))
        #expect(reasons == ["transport close"])
    }
}
