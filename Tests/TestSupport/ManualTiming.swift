public import EventLoop

/// A clock that stands still until a test moves it.
@Loop
public final class ManualTiming: Timing {
    private let timers = TimerQueue()
    public private(set) var now: LoopTime
    public var wallMilliseconds: Int64

    /// - Parameter wallMilliseconds: Unix time the clock starts at; 2026-01-01T00:00:00Z by default.
    public init(wallMilliseconds: Int64 = 1_767_225_600_000) {
        now = LoopTime(nanoseconds: 1_000_000_000)
        self.wallMilliseconds = wallMilliseconds
    }

    @discardableResult
    public func after(_ delay: Duration, _ action: @escaping @Loop () -> Void) -> ScheduledTimer {
        timers.schedule(at: now + max(delay, .zero), action)
    }

    /// Timers waiting.
    public var pendingTimers: Int { timers.count }

    /// Moves the clock forward; timers fire in order, each at its own time, also those made on the way. Tasks they resume
    /// have not run yet when this returns.
    public func advance(by duration: Duration) {
        let target = now + duration
        while let deadline = timers.nextDeadline, deadline <= target {
            move(to: max(deadline, now))
            timers.fire(at: now)
        }
        move(to: target)
    }

    /// Moves the clock forward as `advance(by:)` does, and lets tasks run until none is runnable after each deadline.
    public func run(for duration: Duration) async {
        let target = now + duration
        await settle()
        while let deadline = timers.nextDeadline, deadline <= target {
            move(to: max(deadline, now))
            timers.fire(at: now)
            await settle()
        }
        move(to: target)
    }

    /// Moves the clock forward as for a loop that stood still: what is due meanwhile fires at the end, late.
    public func standStill(for duration: Duration) {
        move(to: now + duration)
        timers.fire(at: now)
    }

    private func move(to time: LoopTime) {
        let before = now.nanoseconds / 1_000_000
        now = time
        wallMilliseconds += Int64(now.nanoseconds / 1_000_000 - before)
    }
}

/// Tests that settle at the same time, each of which has one job in the loop's queue.
@Loop private var settlers = 0

/// Lets other tasks of the loop run until none is runnable (or for 1,000 rounds, should others never rest). Sockets and
/// timers are not waited for.
@Loop
public func settle() async {
    settlers += 1
    defer { settlers -= 1 }
    for _ in 0..<1000 {
        await Task.yield()
        guard Loop.statistics.pendingJobs > settlers - 1 else { return }
    }
}
