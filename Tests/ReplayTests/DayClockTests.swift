import EventLoop
import TestSupport
import Testing

@testable import Replay

@Suite struct DayClockTests {
    @Test func `the day runs as many times as fast as the machine's clock`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let clock = DayClock(speed: 60, firstMinute: 600, timing: timing)
            #expect(clock.minute == 600)
            timing.advance(by: .milliseconds(2500))
            #expect(clock.minute == 602.5)
            #expect(clock.time(of: 603) == timing.now + .milliseconds(500))
        }
    }

    @Test func `a minute is shown as a time of day`() {
        #expect(DayClock.text(545.9) == "9:05")
        #expect(DayClock.text(0) == "0:00")
    }
}
