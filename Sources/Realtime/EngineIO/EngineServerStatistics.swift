/// Counts since the server began, and the present numbers.
public struct EngineServerStatistics: Sendable {
    public internal(set) var handshakes: UInt64 = 0
    public internal(set) var refusedHandshakes: UInt64 = 0
    public internal(set) var upgrades: UInt64 = 0
    public internal(set) var failedUpgrades: UInt64 = 0
    public internal(set) var pingTimeouts: UInt64 = 0
    public internal(set) var messagesReceived: UInt64 = 0
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var volatileDropped: UInt64 = 0
    public internal(set) var slowConsumers: UInt64 = 0
    /// Of these, those with too many packets waiting, rather than bytes.
    public internal(set) var slowByPackets: UInt64 = 0
    /// Events with a coalescing key whose place a newer one took.
    public internal(set) var coalesced: UInt64 = 0
    /// Sessions ended because their client sent too many packets or control frames.
    public internal(set) var floods: UInt64 = 0
    /// Sessions ended because a message of theirs did not become whole in time, or there were too many such.
    public internal(set) var unfinishedMessages: UInt64 = 0
    /// Handshakes refused because their address had as many sessions as it may.
    public internal(set) var refusedByAddress: UInt64 = 0
    /// Handshakes refused because their address opened sessions faster than it may.
    public internal(set) var refusedByAddressRate: UInt64 = 0
    public internal(set) var unknownSessions: UInt64 = 0
    /// Messages sent compressed; one that is compressed once for many counts for each.
    public internal(set) var deflatedMessages: UInt64 = 0
    public internal(set) var inflatedMessages: UInt64 = 0
    /// Compressed messages that were larger than a payload may be, or broken.
    public internal(set) var refusedInflations: UInt64 = 0
    public internal(set) var compressedPolls: UInt64 = 0
    /// Bytes known to wait for clients that are behind, and how many those are.
    public internal(set) var backlogBytes = 0
    public internal(set) var backloggedSessions = 0
    /// Bytes of messages of which only a part has come.
    public internal(set) var unfinishedBytes = 0
    /// Sessions open now.
    public internal(set) var sessions = 0
    /// Of these, the ones on WebSocket.
    public internal(set) var webSockets = 0
}
