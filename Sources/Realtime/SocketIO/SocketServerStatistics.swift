/// Counts since the server began, and the present numbers.
public struct SocketServerStatistics: Sendable {
    public internal(set) var connects: UInt64 = 0
    public internal(set) var refusedConnects: UInt64 = 0
    public internal(set) var eventsReceived: UInt64 = 0
    public internal(set) var unknownEvents: UInt64 = 0
    public internal(set) var broadcasts: UInt64 = 0
    /// Copies of broadcasts given to this node's sockets.
    public internal(set) var deliveries: UInt64 = 0
    public internal(set) var invalidPackets: UInt64 = 0
    public internal(set) var refusedRooms: UInt64 = 0
    /// Namespaces that were not joined because the connection, or the node, had as many as it may.
    public internal(set) var refusedNamespaces: UInt64 = 0
    /// Connections ended because the attachments of their packet were too large.
    public internal(set) var refusedAttachments: UInt64 = 0
    /// Sockets that took up an earlier session, with everything they had missed.
    public internal(set) var recovered: UInt64 = 0
    /// Broadcasts that such sockets had missed and were sent.
    public internal(set) var replayed: UInt64 = 0
    /// Sockets that asked for an earlier session and got a fresh one, by the reason.
    public internal(set) var unrecovered: [RecoveryRefusal: UInt64] = [:]
    /// Sockets told to reconnect because this node could not be sure of what they were sent.
    public internal(set) var forcedRecoveries: UInt64 = 0
    public internal(set) var disconnects: [DisconnectReason: UInt64] = [:]
    /// Sockets connected now, over all namespaces.
    public internal(set) var sockets = 0
    /// Namespaces that patterns have made here and that are here now.
    public internal(set) var dynamicNamespaces = 0
    /// Rooms that have members here now.
    public internal(set) var rooms = 0
    public internal(set) var engine = EngineServerStatistics()
}
