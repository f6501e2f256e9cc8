import EventLoop

/// Runs `body` at the start and again `interval` after each end, or at once when woken; never twice at a time.
@Loop
final class Recurring: BackgroundService {
    private let interval: Duration
    private let timing: any Timing
    private let body: @Loop () async -> Void
    private var isStarted = false
    private var isRunning = false
    private var isWoken = false
    private var timer: ScheduledTimer?
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []

    init(every interval: Duration, timing: any Timing, _ body: @escaping @Loop () async -> Void) {
        self.interval = interval
        self.timing = timing
        self.body = body
    }

    func start() {
        guard !isStarted else { return }
        isStarted = true
        if !isRunning { run() }
    }

    /// Runs now; when it is running, once more as soon as it has ended.
    func wake() {
        guard isStarted else { return }
        if isRunning {
            isWoken = true
        } else {
            run()
        }
    }

    func stop() async {
        isStarted = false
        isWoken = false
        timer?.cancel()
        timer = nil
        guard isRunning else { return }
        await withCheckedContinuation { stopWaiters.append($0) }
    }

    private func run() {
        timer?.cancel()
        isRunning = true
        Loop.start { [self] in
            await body()
            ended()
        }
    }

    private func ended() {
        isRunning = false
        for waiter in stopWaiters { waiter.resume() }
        stopWaiters = []
        guard isStarted else { return }
        if isWoken {
            isWoken = false
            run()
        } else {
            timer = timing.after(interval) { [weak self] in self?.run() }
        }
    }
}
