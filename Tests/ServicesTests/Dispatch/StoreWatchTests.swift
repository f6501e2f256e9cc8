import EventLoop
import TestSupport
import Testing

@testable import Services

struct StoreWatchTests {
    @Test func `the watch grows while the database answers`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let watch = StoreWatch(timing: timing)
            #expect(watch.seconds == 0)
            for _ in 0..<10 {
                watch.answered()
                timing.advance(by: .milliseconds(500))
            }
            #expect(watch.seconds == 5)
        }
    }

    @Test func `a failure, or a gap such as a paused node's, starts it anew`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let watch = StoreWatch(timing: timing)
            watch.answered()
            timing.advance(by: .seconds(1))
            watch.failed()
            #expect(watch.seconds == 0)
            watch.answered()
            timing.advance(by: .seconds(60))
            #expect(watch.seconds == 0)
            watch.answered()
            #expect(watch.seconds == 0)
            timing.advance(by: .seconds(1))
            #expect(watch.seconds == 1)
        }
    }
}
