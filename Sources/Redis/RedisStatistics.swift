/// Counters of one client since its start, and the state of its queue now.
public struct RedisStatistics: Sendable, Equatable {
    /// Commands written to a connection.
    public internal(set) var commands: UInt64 = 0
    /// Commands refused without being sent: no connection, or a full queue.
    public internal(set) var refused: UInt64 = 0
    /// Commands whose deadline passed.
    public internal(set) var timeouts: UInt64 = 0
    /// Error replies.
    public internal(set) var errors: UInt64 = 0
    /// Handshakes that succeeded.
    public internal(set) var connections: UInt64 = 0
    /// Connections given up because nothing came back for `silenceLimit`.
    public internal(set) var replacements: UInt64 = 0
    /// Commands on their way now.
    public internal(set) var pending = 0
    /// Sum of the round trips of all answered commands, in nanoseconds; with `answered` it gives the mean.
    public internal(set) var roundTripNanoseconds: UInt64 = 0
    /// Commands answered in time.
    public internal(set) var answered: UInt64 = 0

    public init() {}
}
