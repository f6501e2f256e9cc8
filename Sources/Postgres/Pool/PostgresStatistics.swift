/// What a pool did since its start, and what it is doing.
public struct PostgresStatistics: Sendable {
    /// Connections that are up.
    public internal(set) var ready = 0
    /// Connections held by transactions.
    public internal(set) var leased = 0
    /// Statements sent and not yet answered.
    public internal(set) var inFlight = 0
    /// Statements that wait for a connection or for room on one.
    public internal(set) var waiting = 0
    /// Connections made.
    public internal(set) var connects = 0
    /// Attempts to connect that failed.
    public internal(set) var connectFailures = 0
    /// Connections lost or closed after they were up.
    public internal(set) var disconnects = 0
    /// Statements answered with a result.
    public internal(set) var succeeded = 0
    /// Statements that failed, for any reason.
    public internal(set) var failed = 0
    /// Of those, the ones whose deadline passed.
    public internal(set) var timedOut = 0
    /// Of those, the ones refused for a full queue.
    public internal(set) var overloaded = 0
    /// Of those, the ones whose outcome is unknown.
    public internal(set) var outcomesUnknown = 0
    /// Cancellations asked for.
    public internal(set) var cancels = 0
    /// Sum of the time from call to answer of all statements answered, waits included, in nanoseconds.
    public internal(set) var latencyNanoseconds: UInt64 = 0
}
