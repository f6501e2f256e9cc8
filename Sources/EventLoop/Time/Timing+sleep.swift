extension Timing {
    /// Suspends the task for `duration` on this clock's timers; throws at once when the task is cancelled.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        let sleep = Sleep()
        let completed = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sleep.begin(continuation) { self.after(duration, $0) }
            }
        } onCancel: {
            Loop.perform { sleep.end(completed: false) }
        }
        guard completed else { throw CancellationError() }
    }
}

/// One sleep: ended once, by its timer or by cancellation, which may come before it began.
@Loop
private final class Sleep {
    private var continuation: CheckedContinuation<Bool, Never>?
    private var timer: ScheduledTimer?
    private var isCancelled = false

    func begin(
        _ continuation: CheckedContinuation<Bool, Never>, schedule: (@escaping @Loop () -> Void) -> ScheduledTimer
    ) {
        guard !isCancelled else {
            continuation.resume(returning: false)
            return
        }
        self.continuation = continuation
        timer = schedule { self.end(completed: true) }
    }

    func end(completed: Bool) {
        if !completed { isCancelled = true }
        timer?.cancel()
        timer = nil
        continuation?.resume(returning: completed)
        continuation = nil
    }
}
