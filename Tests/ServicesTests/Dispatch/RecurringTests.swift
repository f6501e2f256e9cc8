import EventLoop
import TestSupport
import Testing

@testable import Services

struct RecurringTests {
    @Test func `it runs at the start, after each interval, and at once when woken`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let runs = Occurrences()
            let recurring = Recurring(every: .seconds(1), timing: timing) { runs.note() }
            recurring.wake()
            #expect(runs.count == 0)
            recurring.start()
            recurring.start()
            await settle()
            #expect(runs.count == 1)
            await timing.run(for: .milliseconds(2_500))
            #expect(runs.count == 3)
            recurring.wake()
            await settle()
            #expect(runs.count == 4)
            await timing.run(for: .milliseconds(900))
            #expect(runs.count == 4)
            await recurring.stop()
            await recurring.stop()
            await timing.run(for: .seconds(5))
            #expect(runs.count == 4)
        }
    }

    @Test func `woken while it runs it runs once more, and a stop waits for its end`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let runs = Occurrences()
            let recurring = Recurring(every: .seconds(1), timing: timing) {
                try? await timing.sleep(for: .seconds(3))
                runs.note()
            }
            recurring.start()
            recurring.wake()
            recurring.wake()
            await timing.run(for: .seconds(3))
            #expect(runs.count == 1)
            await timing.run(for: .seconds(3))
            #expect(runs.count == 2)
            await timing.run(for: .seconds(1))
            let stop = Loop.begin { await recurring.stop() }
            await timing.run(for: .seconds(3))
            await stop.value
            #expect(runs.count == 3)
        }
    }
}
