/// The bounds of a cluster's recovery log. The same on every node.
public struct RecoverySettings: Sendable {
    /// How long after its connection ended a session may be taken up again. Longer than a node's handover, a restart of
    /// Redis or a phone's way through a tunnel.
    public var maximumDisconnection: Duration = .seconds(120)
    /// Bytes that the broadcasts in Redis take, over all rooms, with what an entry costs beside its contents; the older half goes
    /// when it is full. At 60 to 200 bytes a message Redis's memory was found to stay a tenth below.
    public var logBytes = 256 << 20
    /// Sessions whose connections to one node have ended and that may be taken up; the oldest make room.
    public var endedLimit = 100_000
    /// In front of the log's keys.
    public var prefix = "lm:recovery:"
    /// Broadcasts, and their bytes, that wait for Redis on this node. Beyond, the life of the log is given up.
    /// Far above what one turn of the loop may send to each socket of a node.
    public var queueLimit = 200_000
    public var queueBytes = 64 << 20
    /// How long a broadcast waits for Redis before the life of the log is given up.
    public var queueTime: Duration = .seconds(30)

    public init() {}

    /// Streams that all channels share: one a channel would cost 4 KiB each.
    static let streams = 256
    /// Broadcasts and bytes in one call of the script: Redis serves nobody else meanwhile.
    static let batchLimit = 256
    static let batchBytes = 1 << 20
    /// Records in one call of the script.
    static let writeLimit = 256
    /// Entries and bytes of one page read: some milliseconds of Redis.
    static let pageEntries: Int64 = 2_000
    static let pageBytes: Int64 = 1 << 20
    /// Entries of concern to sockets here that one catching up may hold; more than that is not waited for.
    static let caughtUpLimit = 100_000
    /// Entries that one session may have missed; `HeldFrames` takes no more.
    static let missedLimit = 10_000
    /// Messages held while the log is read after a break.
    static let heldLimit = 50_000
    /// For scripts. A connection that is dead is found to be so sooner.
    static let timeout: Duration = .seconds(5)
    /// After a refused batch, such as by a Redis that is full.
    static let retry: Duration = .milliseconds(200)
    /// For another node to close the connection that it still has; whoever is slower is taken for dead.
    static let releaseTimeout: Duration = .seconds(1)
    /// How long a client that comes with a session waits for a Redis that is away before it gets a fresh one. As long as a
    /// failover takes, or a node that is cut off; less than a server gives a client to connect.
    static let claimPatience: Duration = .seconds(20)
    /// The same for the log, once the session's record has been had.
    static let readPatience: Duration = .seconds(20)
    static let claimRetry: Duration = .milliseconds(100)
    /// Beats, one a second, between two looks at whether Redis may evict, or has evicted.
    static let policyBeats = 5
    /// Streams that one beat looks through for what is too old: all in 16 seconds.
    static let trimmedStreams = 16
    /// Without Redis for so long, no further session is promised.
    static let promiseTime: Duration = .seconds(30)
}
