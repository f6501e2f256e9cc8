/// Which end of a WebSocket this side is: a client masks what it sends, a server does not (RFC 6455 section 5.1).
public enum WebSocketRole: Sendable {
    case server, client
}
