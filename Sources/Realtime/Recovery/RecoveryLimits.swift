/// The bounds of recovery.
public struct RecoveryLimits: Sendable {
    /// How long after its connection ended a session may be taken up again.
    public var maximumDisconnection: Duration = .seconds(120)
    /// Packets that a log keeps: a single node in all, a cluster in each of its streams.
    public var maximumPackets = 10_000
    /// Bytes that a single node's log keeps.
    public var maximumBytes = 64 << 20
    /// Ended sessions that a single node keeps; the oldest make room.
    public var maximumSessions = 100_000

    public init() {}
}
