import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    @Test func `a signal reaches its handler on the loop`() async throws {
        try await onLoop {
            var watcher: SignalWatcher?
            await withCheckedContinuation { done in
                var continuation: CheckedContinuation<Void, Never>? = done
                watcher = SignalWatcher(SIGUSR2) {
                    #expect(Loop.isCurrent)
                    continuation?.resume()
                    continuation = nil
                }
                kill(getpid(), SIGUSR2)
            }
            watcher?.stop()
            watcher?.stop()
        }
    }

    @Test func `once stopped the default action is back`() async {
        await #expect(processExitsWith: .signal(SIGUSR1)) {
            Loop.run {
                let watcher = SignalWatcher(SIGUSR1) {}
                watcher.stop()
                kill(getpid(), SIGUSR1)
                try? await SystemTiming.shared.sleep(for: .seconds(5))
            }
        }
    }
}
