/// Counters of one bus since its start.
public struct BusStatistics: Sendable, Equatable {
    /// Messages given to Redis, counted once a channel.
    public internal(set) var published: UInt64 = 0
    /// Messages handed to listeners, counted once a message.
    public internal(set) var received: UInt64 = 0
    /// Messages refused: too long, or too many in one turn while Redis is away.
    public internal(set) var dropped: UInt64 = 0

    public init() {}
}
