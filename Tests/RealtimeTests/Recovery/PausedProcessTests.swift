import EventLoop
import TestSupport
import Testing

@testable import Realtime

/// A process that was stopped for a while has had no word of its clients, whatever the clock says.
@Suite(.timeLimit(.minutes(1))) struct PausedProcessTests {
    @Test(arguments: [false, true])
    func `a client is taken to have what its heartbeats have confirmed, and no pause counts`(
        _ isPaused: Bool
    ) async throws {
        try await onLoop {
            let under = try RecoveryUnderTest {
                $0.engine.pingInterval = .seconds(1_000)
                $0.engine.pingTimeout = .seconds(1_000)
            }
            let (client, sid, pid) = try await under.join()
            // What it is sent it does not read.
            for value in 1...3 { under.namespace.to("r").emit("e", json: Array("\(value)".utf8)) }
            let lag = under.tested.sockets.confirmationLag + .seconds(5)
            under.tested.timing.advance(by: .seconds(1))
            if isPaused {
                under.tested.timing.standStill(for: lag)
                under.tested.timing.advance(by: .seconds(1))
            } else {
                under.tested.timing.advance(by: .seconds(900))
                under.tested.timing.advance(by: lag - .seconds(900))
            }
            let socket = under.namespace.socket(sid)
            socket?.closeConnection()
            client.raw.close()
            let (_, lines) = try await under.recover(pid, nil)
            #expect(lines.count == (isPaused ? 4 : 1))
        }
    }

    @Test func `time stands still between two beats, but for what a late timer explains`() async throws {
        try await onLoop {
            let begin = LoopTime(nanoseconds: 5_000_000_000)
            var awake = AwakeTime(begin)
            for second in 1...4 { awake.beat(at: begin + .seconds(second)) }
            #expect(awake.now == begin + .seconds(4))
            awake.beat(at: begin + .seconds(64))
            awake.beat(at: begin + .seconds(65))
            #expect(awake.now == begin + .seconds(7))
        }
    }
}
