import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamReadingTests {
    @Test func `a paused stream holds its peer back and goes on where it stopped`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            let bytes = pattern(3_000_000)
            var pauses = 0
            pair.serverSide.onReceive = { [server = pair.server] _ in
                guard pauses < 5 else { return }
                pauses += 1
                server.pauseReading()
                SystemTiming.shared.after(.milliseconds(1)) { server.resumeReading() }
            }
            pair.client.write(bytes)
            await pair.serverSide.wait { $0.received.count == bytes.count }
            #expect(pair.serverSide.received == bytes)
            #expect(pauses == 5)
            await pair.close()
        }
    }

    @Test func `nothing is read before there is a handler`() async throws {
        try await onLoop {
            let accepted = Accepted()
            let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { accepted.add($0) }
            let client = try await Stream.connect(host: "localhost", port: listener.port, timeout: .seconds(5))
            client.write(Array("early".utf8))
            let server = await accepted.next()
            try await SystemTiming.shared.sleep(for: .milliseconds(2))
            let recorder = Recorder()
            server.handler = recorder
            await recorder.wait { $0.received.count == 5 }
            #expect(recorder.received == Array("early".utf8))
            listener.close()
            client.close(.local)
            await recorder.wait { $0.reachedEnd }
            server.close(.local)
        }
    }

    @Test func `writes of one turn leave together, whatever way they were made`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            let shared = Array("shared ".utf8)
            pair.client.write(shared)
            pair.client.write(Array("array ".utf8))
            Array("raw ".utf8).withUnsafeBytes { pair.client.write($0) }
            pair.client.withOutput { $0.append(contentsOf: Array("appended".utf8)) }
            pair.client.withOutput { _ in }
            pair.client.write([])
            #expect(pair.client.queuedBytes == 25)
            await pair.serverSide.wait { $0.received.count == 25 }
            #expect(String(decoding: pair.serverSide.received, as: UTF8.self) == "shared array raw appended")
            #expect(shared == Array("shared ".utf8))
            #expect(pair.clientSide.drains == 0)
            await pair.close()
        }
    }

    @Test func `one array written to many streams arrives at each`() async throws {
        try await onLoop {
            var pairs: [Pair] = []
            for _ in 0..<5 { pairs.append(try await Pair.unix()) }
            let frame = Array("broadcast".utf8)
            for pair in pairs {
                pair.client.write(frame)
                pair.client.write([33])
            }
            for pair in pairs {
                await pair.serverSide.wait { $0.received.count == 10 }
                #expect(pair.serverSide.received == frame + [33])
            }
            for pair in pairs { await pair.close() }
        }
    }
}
