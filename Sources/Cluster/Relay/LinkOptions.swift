/// Where a node takes links, and their limits and deadlines.
public struct LinkOptions: Sendable {
    /// Numeric address to listen on.
    public var host = "127.0.0.1"
    /// 0 takes a free one.
    public var port = 0
    /// Where others reach it; nil: at `host`.
    public var advertisedHost: String?
    /// Between two pings.
    public var heartbeat: Duration = .seconds(1)
    /// A link that was silent for so long is dead, and so is one that takes so long to come about.
    public var silence: Duration = .seconds(3)
    /// Between the end of a link and the next call.
    public var redial: Duration = .milliseconds(500)

    public init() {}

    /// Requests open at once on one link; beyond: 503.
    static let maximumRequests = 16_384
    /// Upgrades open at once to one node; each is a connection. Beyond: 503.
    static let maximumUpgrades = 16_384
    /// Bytes waiting to leave on a link from which on new requests are answered 503.
    static let crowdedBytes = 16 << 20
    /// Bytes waiting at which the link is given up: the other side does not read.
    static let outputLimit = 64 << 20
    /// Bytes of an answer's body; the queue of a session is bounded to less.
    static let maximumResponse = 16 << 20
    /// Bytes waiting for one side of an upgrade from which on the other side is not read.
    static let upgradeWindow = 64 << 10
    /// Requests of sessions whose owner is being looked up, or is being called for the first time.
    static let maximumWaiting = 4_096
    /// Connections that have not proven anything yet.
    static let maximumGreetings = 256
}
