import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SleepTests {
    @Test func `a sleep ends when the clock reaches it`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            Loop.start {
                try? await timing.sleep(for: .seconds(10))
                trace.add("woke")
            }
            await timing.run(for: .seconds(9))
            #expect(trace.entries.isEmpty)
            await timing.run(for: .seconds(1))
            #expect(trace.entries == ["woke"])
            #expect(timing.wallMilliseconds == 1_767_225_610_000)
        }
    }

    @Test func `cancelling a sleep throws at once and takes its timer away`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            let task = Loop.start {
                do {
                    try await timing.sleep(for: .seconds(10))
                    trace.add("woke")
                } catch {
                    trace.add("cancelled")
                }
            }
            #expect(timing.pendingTimers == 1)
            task.cancel()
            #expect(timing.pendingTimers == 0)
            await task.value
            #expect(trace.entries == ["cancelled"])
        }
    }

    @Test func `a sleep in a cancelled task does not begin`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let task = Loop.spawn {
                await #expect(throws: CancellationError.self) { try await timing.sleep(for: .seconds(10)) }
            }
            task.cancel()
            await task.value
            #expect(timing.pendingTimers == 0)
        }
    }

    @Test func `a sleep can be cancelled from another thread`() async throws {
        let timing = try await onLoop { ManualTiming() }
        let task = Loop.spawn {
            await #expect(throws: CancellationError.self) { try await timing.sleep(for: .seconds(10)) }
        }
        while await timing.pendingTimers == 0 { await Task.yield() }
        task.cancel()
        await task.value
    }

    @Test func `sleepers chained on one clock wake at their own times`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            Loop.start {
                for step in 1...3 {
                    try? await timing.sleep(for: .seconds(1))
                    trace.add("\(step) at \(timing.wallMilliseconds % 10_000)")
                }
            }
            await timing.run(for: .seconds(5))
            #expect(trace.entries == ["1 at 1000", "2 at 2000", "3 at 3000"])
        }
    }
}
