import EventLoop

/// Ends sessions at a steady pace, so that their clients do not come back all at once: those of a node that drains, and
/// those whose recovery is forced. A session that ends by itself meanwhile takes nobody's place.
@Loop final class CloseWaves {
    /// Fine enough that a wave of a full node (100,000 sockets in 10 s) is a thousand sockets.
    static let interval: Duration = .milliseconds(100)

    private let timing: any Timing
    /// Sessions a second.
    private var rate: Double
    private var queue: [EngineSession] = []
    private var next = 0
    private var timer: ScheduledTimer?
    /// What a wave may close; its fraction is carried over. A late timer is not made up for: the rate is a bound.
    private var credit = 0.0
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(rate: Int, timing: any Timing) {
        self.rate = Double(max(1, rate))
        self.timing = timing
    }

    /// At least `rate` sessions a second from now on.
    func hurry(to rate: Int) {
        self.rate = max(self.rate, Double(rate))
    }

    /// The first wave goes at once where none went of late.
    func close(_ sessions: [EngineSession]) {
        queue.append(contentsOf: sessions)
        if timer == nil {
            // Slow rates begin with a session too, not with a wait for a whole one to be due.
            credit = max(1 - share, 0)
            wave()
        }
    }

    /// Returns when the last wave is out.
    func finished() async {
        guard next < queue.count else { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    private var share: Double { rate * Double(Self.interval.wholeMilliseconds) / 1000 }

    private func wave() {
        credit += share
        var closed = 0
        while next < queue.count, credit >= 1 {
            let session = queue[next]
            next += 1
            guard session.isOpen else { continue }
            credit -= 1
            closed += 1
            session.move()
        }
        if next == queue.count {
            queue = []
            next = 0
            let finished = waiters
            waiters = []
            for waiter in finished { waiter.resume() }
            // What is not used is not saved up.
            credit = min(credit, 0)
        }
        // One more interval passes after the last wave, so that what is asked for next keeps the pace too.
        let goesOn = closed > 0 || !queue.isEmpty
        timer = goesOn ? timing.after(Self.interval) { [weak self] in self?.wave() } : nil
    }
}
