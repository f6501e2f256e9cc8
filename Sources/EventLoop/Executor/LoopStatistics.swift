/// What the loop counted since the process began.
///
/// Lag is the time between a poll's return and the next poll, that is how long a socket's event may have waited.
public struct LoopStatistics: Sendable {
    /// Upper bounds of the lag histogram's buckets, in nanoseconds; one more bucket holds what is longer.
    public static let lagBounds: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 1_000_000_000,
    ]
    /// A turn this long is felt by every socket of the node.
    public static let slowTurnThreshold: Duration = .milliseconds(50)

    /// Turns of the loop.
    public internal(set) var turns: UInt64 = 0
    /// Jobs run (task starts and resumes).
    public internal(set) var jobs: UInt64 = 0
    /// Jobs that came from other threads.
    public internal(set) var foreignEnqueues: UInt64 = 0
    /// Jobs waiting now.
    public internal(set) var pendingJobs: Int = 0
    /// Lag of the last finished turn.
    public internal(set) var lastLag: Duration = .zero
    /// Longest lag of the last second or two.
    public internal(set) var recentLag: Duration = .zero
    /// Longest lag.
    public internal(set) var maximumLag: Duration = .zero
    /// Nanoseconds spent outside the poll, all turns together.
    public internal(set) var busyNanoseconds: UInt64 = 0
    /// Nanoseconds asleep in the poll, all turns together.
    public internal(set) var idleNanoseconds: UInt64 = 0
    /// Turns by lag: `lagBounds.count + 1` buckets, not cumulative.
    public internal(set) var lagHistogram: [UInt64] = Array(repeating: 0, count: lagBounds.count + 1)
    /// Streams not yet closed.
    public internal(set) var openStreams: Int = 0
    /// Timers of `SystemTiming` not yet due.
    public internal(set) var pendingTimers: Int = 0
    /// Work handed to the thread pool and not yet answered.
    public internal(set) var offLoopPending: Int = 0
    /// Connections the system would not let us accept (out of descriptors, aborted by the peer).
    public internal(set) var acceptFailures: UInt64 = 0
}
