import EventLoop

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
