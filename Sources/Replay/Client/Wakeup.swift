import EventLoop

/// Lets one task sleep until a time or until somebody has news for it; news that came before the sleep ends it at once.
@Loop
final class Wakeup {
    private var hasNews = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private var timer: ScheduledTimer?

    /// Nil waits for news alone. One sleeper at a time.
    func wait(until deadline: LoopTime?) async {
        guard !hasNews else {
            hasNews = false
            return
        }
        await withCheckedContinuation { continuation in
            sleeper = continuation
            guard let deadline else { return }
            timer = SystemTiming.shared.after(deadline - SystemTiming.shared.now) { [weak self] in self?.resume() }
        }
        hasNews = false
    }

    func wake() {
        hasNews = true
        resume()
    }

    private func resume() {
        timer?.cancel()
        timer = nil
        let continuation = sleeper
        sleeper = nil
        continuation?.resume()
    }
}
