import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct TurnTests {
    @Test func `turn-end actions run once, after the turn's jobs`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let trace = Trace()
                await withCheckedContinuation { done in
                    SystemTiming.shared.after(.zero) {
                        Loop.atTurnEnd { trace.add("end") }
                        Loop.spawn { trace.add("job") }
                        trace.add("timer")
                        SystemTiming.shared.after(.milliseconds(2)) { done.resume() }
                    }
                }
                #expect(trace.entries == ["timer", "job", "end"])
            }
        }
    }

    @Test func `an action added by an action runs without waiting for an event`() async throws {
        try await onLoop {
            await withCheckedContinuation { done in
                Loop.atTurnEnd { Loop.atTurnEnd { done.resume() } }
            }
        }
    }

    @Test func `a timer without delay does not make the loop wait`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let asleep = Loop.statistics.idleNanoseconds
                for _ in 0..<200 {
                    await withCheckedContinuation { done in
                        SystemTiming.shared.after(.zero) { done.resume() }
                    }
                }
                #expect(Loop.statistics.idleNanoseconds == asleep)
            }
        }
    }

    @Test func `output written by a turn-end action leaves in the same turn`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            Loop.atTurnEnd { pair.client.write(Array("late".utf8)) }
            await pair.serverSide.wait { $0.received.count == 4 }
            #expect(pair.client.queuedBytes == 0)
            await pair.close()
        }
    }

    @Test func `of very many streams some are flushed a turn later, with what came meanwhile`() async throws {
        try await onLoop {
            var pairs: [Pair] = []
            for _ in 0..<280 { pairs.append(try await .unix()) }
            for pair in pairs { pair.client.write(Array("one".utf8)) }
            let waiting = await withCheckedContinuation { done in
                Loop.atTurnEnd {
                    Loop.atTurnEnd {
                        let waiting = pairs.indices.filter { pairs[$0].client.queuedBytes > 0 }
                        for pair in pairs { pair.client.write(Array("two".utf8)) }
                        done.resume(returning: waiting)
                    }
                }
            }
            // Those written to last.
            #expect(!waiting.isEmpty && waiting.count < pairs.count)
            #expect(waiting == Array(pairs.indices.suffix(waiting.count)))
            for pair in pairs {
                await pair.serverSide.wait { $0.received.count == 6 }
                #expect(pair.serverSide.received == Array("onetwo".utf8))
            }
            for pair in pairs { await pair.close() }
        }
    }

    @Test func `what very many streams were given last leaves before the loop's run ends`() async {
        await #expect(processExitsWith: .success) {
            let path = temporarySocketPath()
            defer { unlink(path) }
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let bound = withUnsafeBytes(of: &address) {
                bind(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
            }
            #expect(bound == 0 && listen(listener, 300) == 0)
            let streams = Loop.run {
                var streams: [EventLoop.Stream] = []
                for _ in 0..<280 {
                    guard let stream = try? await Stream.connect(unixPath: path, timeout: .seconds(5)) else { break }
                    streams.append(stream)
                }
                for stream in streams { stream.write(Array("bye".utf8)) }
                return streams
            }
            let arrived = streams.count { _ in
                var bytes = [UInt8](repeating: 0, count: 3)
                let peer = accept(listener, nil, nil)
                defer { close(peer) }
                return recv(peer, &bytes, 3, Int32(MSG_DONTWAIT)) == 3
            }
            #expect(arrived == 280)
        }
    }

    @Test func `jobs that never end do not keep the loop from its sockets`() async throws {
        try await onLoop {
            let pair = try await Pair.tcp()
            let spinners = (0..<4).map { _ in
                Loop.spawn { while !Task.isCancelled { await Task.yield() } }
            }
            pair.serverSide.onReceive = { [server = pair.server] _ in server.write(Array("pong".utf8)) }
            pair.client.write(Array("ping".utf8))
            await pair.clientSide.wait { $0.received.count == 4 }
            for spinner in spinners {
                spinner.cancel()
                await spinner.value
            }
            await pair.close()
        }
    }

    @Test func `a turn that takes long is counted and reported`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let trace = Trace()
                Loop.slowTurnHandler = { lag in if lag >= .milliseconds(60) { trace.add("slow") } }
                await withCheckedContinuation { done in
                    SystemTiming.shared.after(.zero) {
                        // A long turn is what is tested here, and nothing but time makes one.
                        usleep(60_000)
                        SystemTiming.shared.after(.milliseconds(1)) { done.resume() }
                    }
                }
                let statistics = Loop.statistics
                #expect(trace.entries == ["slow"])
                #expect(statistics.maximumLag >= .milliseconds(60))
                #expect(statistics.busyNanoseconds >= 60_000_000)
                #expect(statistics.lagHistogram.reduce(0, +) == statistics.turns)
                #expect(Loop.takeMaximumLag() >= .milliseconds(60))
                #expect(Loop.takeMaximumLag() == .zero)
            }
        }
    }

    @Test func `time asleep in the poll is idle time, not lag`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let before = Loop.statistics
                let began = SystemTiming.shared.now
                for _ in 0..<10 { try? await SystemTiming.shared.sleep(for: .milliseconds(3)) }
                let elapsed = SystemTiming.shared.now - began
                let asleep = Loop.statistics.idleNanoseconds - before.idleNanoseconds
                #expect(asleep > 0)
                #expect(.nanoseconds(Int64(asleep)) <= elapsed)
            }
        }
    }
}
