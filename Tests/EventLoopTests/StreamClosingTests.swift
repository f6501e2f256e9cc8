import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamClosingTests {
    @Test func `a peer's half-close leaves the other half open`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            pair.client.write(Array("request".utf8))
            pair.client.shutdownWrites()
            pair.client.write(Array("ignored".utf8))
            await pair.serverSide.wait { $0.reachedEnd }
            #expect(pair.serverSide.received == Array("request".utf8))
            pair.server.write(Array("answer".utf8))
            pair.server.shutdownWrites()
            await pair.clientSide.wait { !$0.closings.isEmpty }
            await pair.serverSide.wait { !$0.closings.isEmpty }
            #expect(pair.clientSide.received == Array("answer".utf8))
            #expect(pair.clientSide.closings == [.peerClosed])
            #expect(pair.serverSide.closings == [.peerClosed])
        }
    }

    @Test func `closing after the flush delivers everything first`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            let count = 4 * 1024 * 1024
            pair.server.write([UInt8](repeating: 7, count: count))
            pair.server.closeAfterFlush()
            pair.server.write([1, 2, 3])
            await pair.clientSide.wait { $0.reachedEnd }
            #expect(pair.clientSide.received.count == count)
            #expect(pair.serverSide.closings.isEmpty)
            pair.client.close(.local)
            await pair.serverSide.wait { !$0.closings.isEmpty }
            #expect(pair.serverSide.closings == [.local])
        }
    }

    @Test func `input that comes while finishing is dropped and does not reset the connection`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            pair.server.pauseReading()
            pair.client.write([UInt8](repeating: 1, count: 100_000))
            await settle()
            pair.server.write(Array("bye".utf8))
            pair.server.closeAfterFlush(.named("refused"))
            await pair.clientSide.wait { $0.reachedEnd }
            #expect(pair.clientSide.received == Array("bye".utf8))
            pair.client.closeAfterFlush()
            await pair.serverSide.wait { !$0.closings.isEmpty }
            await pair.clientSide.wait { !$0.closings.isEmpty }
            #expect(pair.serverSide.received.isEmpty)
            #expect(pair.serverSide.closings == [.named("refused")])
            #expect(pair.clientSide.closings == [.peerClosed])
        }
    }

    @Test func `a reset is told as a reset`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            // Closing with unread input makes the system send a reset.
            pair.server.pauseReading()
            pair.client.write([1, 2, 3])
            await settle()
            try await SystemTiming.shared.sleep(for: .milliseconds(1))
            pair.server.close(.named("impatient"))
            await pair.clientSide.wait { !$0.closings.isEmpty }
            #expect(pair.clientSide.closings == [.reset])
            await pair.serverSide.wait { !$0.closings.isEmpty }
            #expect(pair.serverSide.closings == [.named("impatient")])
        }
    }

    @Test func `a handler may close inside its own call`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            pair.serverSide.onReceive = { [server = pair.server] _ in
                server.write(Array("never sent".utf8))
                server.close(.named("first"))
                server.close(.named("second"))
                server.closeAfterFlush()
                server.shutdownWrites()
                server.write(Array("ignored".utf8))
                server.withOutput { $0.append(1) }
                server.pauseReading()
                server.resumeReading()
                #expect(server.isClosed)
                #expect(server.queuedBytes == 0)
            }
            pair.client.write([UInt8](repeating: 1, count: 300_000))
            await pair.serverSide.wait { !$0.closings.isEmpty }
            #expect(pair.serverSide.closings == [.named("first")])
            #expect(pair.server.handler == nil)
            await pair.close()
            #expect(pair.serverSide.closings.count == 1)
            #expect(pair.clientSide.received.isEmpty)
        }
    }

    @Test func `closing with output queued at libuv tells the handler once and drops the rest`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            pair.server.pauseReading()
            pair.client.write([UInt8](repeating: 1, count: 8 * 1024 * 1024))
            await withCheckedContinuation { done in
                SystemTiming.shared.after(.milliseconds(1)) { done.resume() }
            }
            #expect(pair.client.queuedBytes > 0)
            pair.client.close(.named("gone"))
            await pair.clientSide.wait { !$0.closings.isEmpty }
            #expect(pair.clientSide.closings == [.named("gone")])
            #expect(pair.clientSide.drains == 0)
            await pair.close()
        }
    }

    @Test func `a peer that does not read cannot make the queue grow past its limit`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            pair.server.pauseReading()
            pair.client.outputLimit = 100_000
            pair.client.write([UInt8](repeating: 1, count: 100_000))
            #expect(!pair.client.isClosed)
            pair.client.write([1])
            await pair.clientSide.wait { !$0.closings.isEmpty }
            #expect(pair.clientSide.closings == [.outputOverflow])
            await pair.close()
        }
    }

    @Test func `streams are counted until they are closed`() async {
        await #expect(processExitsWith: .success) {
            let closed = Loop.run {
                guard let pair = try? await Pair.tcp() else { return false }
                #expect(Loop.statistics.openStreams == 2)
                await pair.close()
                return Loop.statistics.openStreams == 0
            }
            #expect(closed)
        }
    }
}
