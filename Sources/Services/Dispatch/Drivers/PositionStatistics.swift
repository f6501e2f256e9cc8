/// What has become of positions on this node since the start.
public struct PositionStatistics: Sendable, Equatable {
    /// Messages taken in.
    public internal(set) var received: UInt64 = 0
    /// Rows sent to the database: less than what was received where one driver sent several in a while.
    public internal(set) var written: UInt64 = 0
    public internal(set) var batches: UInt64 = 0
    /// Older than the newest known.
    public internal(set) var late: UInt64 = 0
    /// Turned away because too many waited, or lost with the database away.
    public internal(set) var refused: UInt64 = 0
}
