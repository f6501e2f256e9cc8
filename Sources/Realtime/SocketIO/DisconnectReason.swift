/// Why a socket ended, in the words of the official server where it has some.
public enum DisconnectReason: String, Sendable {
    /// The connection broke: reset, a poll cancelled, frames that are no WebSocket's, a message too large or never
    /// finished.
    case transportError = "transport error"
    /// The client, or something between, closed the connection in order.
    case transportClose = "transport close"
    /// The server closed the connection, or the client sent what is no Socket.IO packet.
    case forcedClose = "forced close"
    case pingTimeout = "ping timeout"
    /// The client sent what is no Engine.IO packet.
    case parseError = "parse error"
    case serverShuttingDown = "server shutting down"
    /// The client sent a packet that does not fit what it has joined.
    case forcedServerClose = "forced server close"
    case clientNamespaceDisconnect = "client namespace disconnect"
    case serverNamespaceDisconnect = "server namespace disconnect"
    /// More waited for the client than its queue may hold.
    case slowConsumer = "slow consumer"
    /// The client sent more packets a second than it may.
    case flood = "too many packets"
    /// The attachments of one packet had more bytes than may wait.
    case attachmentsTooLarge = "attachments too large"
    /// No namespace was joined within the connect timeout.
    case connectTimeout = "connect timeout"
}

extension EngineCloseReason {
    var disconnectReason: DisconnectReason {
        switch self {
        case .transportError, .unfinishedMessage: .transportError
        case .transportClose: .transportClose
        case .forcedClose, .invalidMessage: .forcedClose
        case .pingTimeout: .pingTimeout
        case .parseError: .parseError
        case .serverShuttingDown: .serverShuttingDown
        case .slowConsumer: .slowConsumer
        case .flood: .flood
        case .connectTimeout: .connectTimeout
        case .invalidState: .forcedServerClose
        case .attachmentsTooLarge: .attachmentsTooLarge
        }
    }
}
