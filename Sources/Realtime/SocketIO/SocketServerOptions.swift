import Wire

/// Settings of a Socket.IO 5 server.
public struct SocketServerOptions: Sendable {
    /// Path, heartbeat, limits, CORS and the node's name: what Engine.IO decides.
    public var engine = EngineServerOptions()
    /// From the session's opening to its close when no namespace was joined; a quarter of a second more is given.
    public var connectTimeout: Duration = .seconds(45)
    /// Sessions a second that are closed at most when many have to move: a drain, a forced recovery.
    public var closeRate = 500
    /// A join beyond is refused.
    public var maximumRoomsPerSocket = 1_024
    /// A CONNECT beyond is refused.
    public var maximumNamespacesPerConnection = 16
    /// Namespaces that were made for clients by patterns; who asks for one more is refused.
    public var maximumDynamicNamespaces = 10_000
    /// How long such a namespace is kept when nobody is in it, so that a client that reloads costs no subscriptions.
    public var emptyNamespaceTime: Duration = .seconds(10)
    /// Bytes of one packet with its attachments, where one payload may not be more; a client that sends more is
    /// disconnected.
    public var maximumAttachmentBytes = 4_000_000
    /// Six characters that begin every socket's id and name this node to the others; nil makes random ones.
    public var socketPrefix: String?
    /// For whoever has to know it before the server is made: 36 random bits in six characters.
    public static func randomSocketPrefix() -> String { Identifier.random(6) }

    /// Headers of the handshake that stay readable after the first namespace was joined (lower case); the others go, to
    /// keep idle sockets small.
    public var retainedHeaders = ["accept-language", "origin", "user-agent"]

    /// Which sockets get connection state recovery, where the server has a log for it.
    public var recoveryMode = RecoveryMode.onRequest

    public init() {}

    /// Attachments of one packet: what the official server allows.
    static let maximumAttachments = 10
    static let packetLimits = SocketIOLimits(attachments: maximumAttachments)
}
