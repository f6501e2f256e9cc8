/// Counters of one adapter since its start.
public struct RoomStatistics: Sendable, Equatable {
    /// Broadcasts that came by Redis, logged ones of this node too, given to sockets here.
    public internal(set) var broadcasts: UInt64 = 0
    /// Broadcasts of other servers that met nobody here.
    public internal(set) var passedOver: UInt64 = 0
    /// Messages of other servers that were dropped because they are none, or too long.
    public internal(set) var malformed: UInt64 = 0
    /// Own broadcasts that were not sent on because their arguments are not JSON.
    public internal(set) var unencodable: UInt64 = 0
    /// Requests of other servers that were carried out or answered.
    public internal(set) var requests: UInt64 = 0
    /// Requests of other servers dropped because too many clients owe acknowledgements already.
    public internal(set) var refused: UInt64 = 0
    /// Own questions that not everybody answered in time.
    public internal(set) var incomplete: UInt64 = 0

    public init() {}
}
