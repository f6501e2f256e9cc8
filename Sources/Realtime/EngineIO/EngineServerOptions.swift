/// Settings of an Engine.IO 4 endpoint.
public struct EngineServerOptions: Sendable {
    /// Begins and ends with a slash.
    public var path = "/socket.io/"
    /// From the session's opening, or the last pong, to the next ping.
    public var pingInterval: Duration = .milliseconds(25_000)
    /// From a ping to the close when no pong came.
    public var pingTimeout: Duration = .milliseconds(20_000)
    /// From the WebSocket of an upgrade to its close when the upgrade was not finished.
    public var upgradeTimeout: Duration = .seconds(10)
    /// Bytes of one WebSocket message or one POST body of a client.
    public var maximumPayload = 1_000_000
    /// From the first part of a client's message to its last, attachments included; then its session is ended.
    public var messageTimeout: Duration = .seconds(30)
    /// Bytes of messages of which only a part has come, over all clients; whoever brings more is disconnected.
    public var maximumUnfinishedBytes = 64 << 20
    /// Bytes that may wait for one client; beyond, volatile messages are dropped and others end the session.
    public var maximumQueuedBytes = 1 << 20
    /// Packets that may wait for one client, beside what one turn of the loop adds to an empty queue; beyond, its session is
    /// ended. On a WebSocket they are counted roughly: a client that reads while more comes is ended at no less than half.
    public var maximumQueuedPackets = 4_096
    /// Bytes waiting from which on volatile messages are dropped.
    public var volatileQueueLimit = 64 << 10
    /// Bytes that may wait for all clients of this node that are behind; beyond, those with most waiting are ended.
    public var maximumBacklog = 256 << 20
    /// Packets a second of one client, up to twice that for a moment; beyond, its session is ended. nil takes all.
    public var maximumPacketsPerSecond: Int?
    /// Sessions of one client address, an IPv6 one counting by its /64; a handshake beyond is answered 429. nil takes all.
    public var maximumSessionsPerAddress: Int?
    /// Handshakes a second of one client address, and as many at once, counted as sessions are; one beyond is answered 429.
    /// nil takes all.
    public var maximumHandshakesPerSecondPerAddress: Int?
    /// Sessions of this node; a handshake beyond is answered 503.
    public var maximumSessions = 100_000
    /// Handshakes a second that this node takes, a tenth of them at once; nil takes all. Beyond: 503 and Retry-After.
    public var maximumHandshakesPerSecond: Int?
    /// Makes the sessions' ids. By default such as no other node accepts.
    public var identifiers = SessionIdentifiers(owner: SessionOwner(name: "node"))
    /// Which pages of other origins may poll; nil: none.
    public var cors: CORSOptions?
    /// permessage-deflate, for clients that offer it; nil compresses no message.
    public var messageCompression: MessageCompressionOptions?
    /// gzip or deflate for polls of 1,024 bytes or more, where the client takes it.
    public var compressesPolls = true
    /// Set with a session that opens on polling; nil sets none.
    public var cookie: SessionCookie?
    /// Whether only pages of this host and of those that `cors` allows may open a session or a WebSocket. Clients that name
    /// no origin, which are no browsers, always may.
    public var checksOrigin = false

    public init() {}

    /// Ping, pong and close frames a second of one WebSocket: far more than any client sends, and few enough that who
    /// sends them costs nothing.
    static let maximumControlFramesPerSecond = 100
    /// Packets in one poll's answer: clients on python-engineio refuse more.
    static let maximumPacketsPerPoll = 16
    /// How long a client that was told to close may take to fetch what still waits.
    static let pollingCloseTimeout: Duration = .seconds(30)
    /// How long a poll is held during an upgrade before a noop releases it.
    static let upgradeReleaseDelay: Duration = .milliseconds(100)
    /// Nanoseconds by which a pong's deadline was missed from which on the loop must have stood still: twice what a queue
    /// of deadlines may be late by itself.
    static let standstill: UInt64 = 100_000_000
    /// Then what clients sent meanwhile is read for so long before their heartbeats fail.
    static let standstillGrace: Duration = .milliseconds(100)
    /// How long a GET that raced its own session's close is still answered with a noop.
    static let closeRaceWindow: Duration = .milliseconds(250)
}
