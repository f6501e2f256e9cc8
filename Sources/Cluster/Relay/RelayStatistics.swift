/// Counts since the node began.
public struct RelayStatistics: Sendable {
    /// Requests passed to their session's owner.
    public internal(set) var requests: UInt64 = 0
    /// Upgrades passed on, over their lifetime.
    public internal(set) var upgrades: UInt64 = 0
    /// Of these, open now.
    public internal(set) var openUpgrades = 0
    /// Requests and upgrades answered `Session ID unknown` because their owner does not live.
    public internal(set) var refused: UInt64 = 0
    /// Requests and upgrades answered 503 because too much was under way.
    public internal(set) var overloaded: UInt64 = 0
    /// Requests and upgrades of other nodes' clients that this node served as the owner.
    public internal(set) var served: UInt64 = 0
    /// Bytes of upgrades, from clients to owners.
    public internal(set) var bytesIn: UInt64 = 0
    /// Bytes of upgrades, from owners to clients.
    public internal(set) var bytesOut: UInt64 = 0
    /// Links that ended after they had lived.
    public internal(set) var deaths: UInt64 = 0
    /// Connections refused because of what they said.
    public internal(set) var faults: UInt64 = 0
}
