import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct LinkKeeperTests {
    @Test func `the pause between attempts doubles up to its limit`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            var configuration = RedisConfiguration(address: .unix(path: "/nonexistent/redis.sock"))
            configuration.jitter = { 0 }
            let failures = Occurrences()
            let keeper = LinkKeeper(configuration, timing: timing)
            keeper.onFailure = { _ in failures.note() }
            keeper.start()
            keeper.start()
            await failures.reach(1)
            // Without jitter the pause is half of 50 ms, 100 ms, … and at most half of 2 s.
            for (index, pause) in [25, 50, 100, 200, 400, 800, 1_000, 1_000].enumerated() {
                await settle()
                timing.advance(by: .milliseconds(pause - 1))
                #expect(timing.pendingTimers == 1)
                timing.advance(by: .milliseconds(1))
                await failures.reach(index + 2)
            }
            await settle()
            keeper.stop()
            keeper.stop()
            #expect(timing.pendingTimers == 0)
        }
    }
}
