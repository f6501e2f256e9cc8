/// Why a socket ended, in the words that Socket.IO applications know.
public enum DisconnectReason: String, Sendable {
    case transportError = "transport error"
    case transportClose = "transport close"
    case forcedClose = "forced close"
    case pingTimeout = "ping timeout"
    case parseError = "parse error"
    case serverShuttingDown = "server shutting down"
    case forcedServerClose = "forced server close"
    case clientNamespaceDisconnect = "client namespace disconnect"
    case serverNamespaceDisconnect = "server namespace disconnect"
    /// More waited for the client than its queue may hold.
    case slowConsumer = "slow consumer"
    /// The client sent more packets a second than it may.
    case flood = "too many packets"
    /// No namespace was joined within the connect timeout.
    case connectTimeout = "connect timeout"
}
