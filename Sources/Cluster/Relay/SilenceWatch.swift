import EventLoop

/// Notices that nothing was heard for too long. The deadline counts from the last sign of life, and a loop that wakes
/// from a pause runs what is due before it reads, so that what comes too late is too late.
@Loop final class SilenceWatch {
    private let timing: any Timing
    private let limit: Duration
    private let onSilence: @Loop () -> Void
    private var last: LoopTime
    private var timer: ScheduledTimer?

    init(timing: any Timing, limit: Duration, onSilence: @escaping @Loop () -> Void) {
        self.timing = timing
        self.limit = limit
        self.onSilence = onSilence
        last = timing.now
        arm(limit)
    }

    func heard() { last = timing.now }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    private func arm(_ delay: Duration) {
        timer = timing.after(delay) { [weak self] in self?.look() }
    }

    private func look() {
        let silent = timing.now - last
        if silent >= limit { onSilence() } else { arm(limit - silent) }
    }
}
