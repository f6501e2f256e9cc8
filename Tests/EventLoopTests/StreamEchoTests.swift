import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamEchoTests {
    @Test(arguments: [false, true])
    func `what is written comes back`(overUnix: Bool) async throws {
        try await onLoop {
            let pair = try await overUnix ? Pair.unix() : Pair.tcp()
            pair.serverSide.onReceive = { [server = pair.server] in
                server.write(Array($0.received.suffix(5)))
            }
            pair.client.write(Array("hello".utf8))
            await pair.clientSide.wait { $0.received.count == 5 }
            #expect(pair.clientSide.received == Array("hello".utf8))
            #expect(pair.server.remoteAddress == (overUnix ? "" : "127.0.0.1"))
            await pair.close()
            #expect(pair.clientSide.closings == [.local])
        }
    }

    @Test func `megabytes arrive whole, and the writer hears when they are gone`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            let count = 8 * 1024 * 1024
            let bytes = pattern(count)
            pair.server.pauseReading()
            pair.client.write(bytes)
            #expect(pair.client.queuedBytes == count)
            pair.server.resumeReading()
            await pair.serverSide.wait { $0.received.count == count }
            #expect(pair.serverSide.received == bytes)
            await pair.clientSide.wait { $0.drains == 1 }
            #expect(pair.client.queuedBytes == 0)
            await pair.close()
        }
    }
}
