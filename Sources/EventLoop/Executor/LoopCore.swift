import CLibuv

/// The loop's own state: what is done at the end of each turn, the timers, and the buffers all streams share.
@Loop
final class LoopCore {
    static let shared = LoopCore()

    /// A read takes up to this much; one buffer serves every stream, as a handler sees it during its call only.
    static let readBufferSize = 64 * 1024
    /// Bytes of output buffers kept for reuse: a turn that sends several small frames to each of thousands of sockets finds a
    /// buffer for every one of them.
    static let spareBytesLimit = 4 * 1024 * 1024
    /// A buffer that grew beyond this many bytes is given back to the allocator instead.
    static let spareBufferCapacity = 64 * 1024

    /// Streams flushed in one turn before the loop looks at its sockets again, if no more than four times as many wait: a
    /// millisecond or two of system calls. What comes meanwhile for a stream that still waits leaves with what it has.
    static let flushesPerTurn = 256

    let loop = LoopExecutor.shared.loop
    let timers = TimerQueue()
    var turnEndActions: [@Loop () -> Void] = []
    var slowTurnHandler: (@Loop (Duration) -> Void)?
    let readBuffer: uv_buf_t

    private var counters = LoopStatistics()
    private var maximumLagSinceTaken: UInt64 = 0
    private var maximumLag: UInt64 = 0
    private var lastLag: UInt64 = 0
    /// Longest lag of the running second, and of the one before.
    private var recentLags: (now: UInt64, before: UInt64) = (0, 0)
    private var secondEnd: UInt64 = 0
    private var lastTurnEnd: UInt64
    private var lastIdle: UInt64 = 0

    /// Those written to and not yet flushed, in that order, from `firstDirty` on; each held until its flush.
    private var dirtyStreams: [Unmanaged<Stream>] = []
    private var firstDirty = 0
    private var spareBuffers: [[UInt8]] = []
    private var spareBytes = 0

    private let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    /// What the libuv timer is set to, in the loop's milliseconds; nil when it is stopped.
    private var armedAt: UInt64?

    private init() {
        readBuffer = uv_buf_t(
            base: UnsafeMutablePointer<CChar>.allocate(capacity: Self.readBufferSize), len: Self.readBufferSize)
        lastTurnEnd = uv_hrtime()
        uv_timer_init(loop, timer)
    }

    var turn: UInt64 { counters.turns }

    // MARK: Turn

    /// Fires the timers that are due; before the turn's jobs, so that what they resume still runs in this turn.
    func fireTimers() {
        guard let deadline = timers.nextDeadline else { return }
        let now = LoopTime(nanoseconds: uv_hrtime())
        if deadline <= now { timers.fire(at: now) }
    }

    /// Fires what came due while the loop waited, before the first event of the turn is served: a process that was
    /// stopped must find out what it has missed before it does what comes too late. Costs no system call: libuv has read
    /// the clock just before.
    func servesEvent() {
        if let armedAt, uv_now(loop) >= armedAt { fireTimers() }
    }

    /// Turn-end actions, then the flush of every stream written to, then the timer. Answers whether something is left to
    /// do that must not wait for an event.
    func endTurn() -> Bool {
        if !turnEndActions.isEmpty {
            // Actions added by actions run in the next turn, which follows without waiting.
            let actions = turnEndActions
            turnEndActions = []
            for action in actions { action() }
        }
        let someMustWait = flushStreams()
        let timerIsDue = armTimer()
        measure()
        return timerIsDue || someMustWait || !turnEndActions.isEmpty
    }

    private func measure() {
        let now = uv_hrtime()
        let idle = uv_metrics_idle_time(loop)
        let elapsed = now &- lastTurnEnd
        let slept = idle &- lastIdle
        let lag = elapsed > slept ? elapsed - slept : 0
        lastTurnEnd = now
        lastIdle = idle
        lastLag = lag
        if lag > maximumLag { maximumLag = lag }
        if now >= secondEnd {
            recentLags = (lag, recentLags.now)
            secondEnd = now &+ 1_000_000_000
        } else if lag > recentLags.now {
            recentLags.now = lag
        }
        if lag > maximumLagSinceTaken { maximumLagSinceTaken = lag }
        counters.turns += 1
        counters.busyNanoseconds += lag
        counters.idleNanoseconds = idle
        var bucket = 0
        while bucket < Self.lagBounds.count, lag > Self.lagBounds[bucket] { bucket += 1 }
        counters.lagHistogram[bucket] += 1
        if lag >= Self.slowTurn, let slowTurnHandler { slowTurnHandler(.nanoseconds(Int64(lag))) }
    }

    private static let lagBounds = LoopStatistics.lagBounds
    private static let slowTurn = UInt64(LoopStatistics.slowTurnThreshold.wholeNanoseconds)

    var statistics: LoopStatistics {
        var statistics = counters
        statistics.jobs = LoopExecutor.shared.jobsRun
        statistics.foreignEnqueues = LoopExecutor.shared.foreignEnqueues
        statistics.pendingJobs = LoopExecutor.shared.pendingJobs
        statistics.lastLag = .nanoseconds(Int64(lastLag))
        statistics.recentLag = .nanoseconds(Int64(max(recentLags.now, recentLags.before)))
        statistics.maximumLag = .nanoseconds(Int64(maximumLag))
        statistics.pendingTimers = timers.count
        return statistics
    }

    func takeMaximumLag() -> Duration {
        defer { maximumLagSinceTaken = 0 }
        return .nanoseconds(Int64(maximumLagSinceTaken))
    }

    func streamOpened() { counters.openStreams += 1 }
    func streamClosed() { counters.openStreams -= 1 }
    func offLoopStarted() { counters.offLoopPending += 1 }
    func offLoopFinished() { counters.offLoopPending -= 1 }
    func acceptFailed() { counters.acceptFailures += 1 }

    // MARK: Timers

    /// Sets the one libuv timer to the earliest deadline, rounded up to its whole milliseconds: never early. It only ends
    /// the poll; `fireTimers` does the rest. Answers whether that deadline has passed already.
    private func armTimer() -> Bool {
        guard let deadline = timers.nextDeadline else {
            if armedAt != nil {
                uv_timer_stop(timer)
                armedAt = nil
            }
            return false
        }
        guard deadline.nanoseconds > uv_hrtime() else { return true }
        // The poll's timeout is reckoned from the loop's cached time, which this turn's work has made stale.
        uv_update_time(loop)
        let due = deadline.nanoseconds / 1_000_000 + (deadline.nanoseconds % 1_000_000 == 0 ? 0 : 1)
        guard due != armedAt else { return false }
        armedAt = due
        let now = uv_now(loop)
        uv_timer_start(timer, { _ in LoopCore.shared.armedAt = nil }, due > now ? due - now : 0, 0)
        return false
    }

    // MARK: Streams

    func markDirty(_ stream: Stream) {
        dirtyStreams.append(.passRetained(stream))
    }

    /// The loop has stopped: there is no next turn.
    func flushAll() {
        while flushStreams() {}
    }

    /// Answers whether some must wait for the next turn.
    private func flushStreams() -> Bool {
        let waiting = dirtyStreams.count - firstDirty
        guard waiting > 0 else { return false }
        // A flush may close its stream but calls no handler, so nothing becomes dirty meanwhile.
        let end = firstDirty + min(waiting, max(Self.flushesPerTurn, waiting / 4))
        for index in firstDirty..<end {
            let stream = dirtyStreams[index]
            stream._withUnsafeGuaranteedRef { $0.flush() }
            stream.release()
        }
        if end == dirtyStreams.count {
            dirtyStreams.removeAll(keepingCapacity: true)
            firstDirty = 0
        } else if end * 2 >= dirtyStreams.count {
            dirtyStreams.removeFirst(end)
            firstDirty = 0
        } else {
            firstDirty = end
        }
        return firstDirty < dirtyStreams.count
    }

    func takeBuffer() -> [UInt8] {
        guard let buffer = spareBuffers.popLast() else { return [] }
        spareBytes -= buffer.capacity
        return buffer
    }

    /// `buffer` is empty; its storage is nobody else's.
    func recycle(_ buffer: consuming [UInt8]) {
        let capacity = buffer.capacity
        guard capacity <= Self.spareBufferCapacity, spareBytes + capacity <= Self.spareBytesLimit else { return }
        spareBytes += capacity
        spareBuffers.append(buffer)
    }
}
