/// The one error of this target: which codec refused its input, and why.
///
/// Each fault says what its peer is to be told: ``HTTPFault/status``, ``WebSocketFault/closeCode``. None carries bytes of
/// the input, so an error may be logged as it is.
public enum WireError: Error, Equatable, Sendable {
    /// RFC 9112 request or response refused.
    case http(HTTPFault)
    /// RFC 6455 frame or message refused.
    case webSocket(WebSocketFault)
    /// Engine.IO 4 packet or payload refused.
    case engineIO(EngineIOFault)
    /// Socket.IO 5 packet refused.
    case socketIO(SocketIOFault)
    /// RFC 8259 text refused.
    case json(JSONFault)
    /// MessagePack refused.
    case messagePack(MessagePackFault)
    /// A message between Socket.IO servers refused.
    case peerMessage(PeerMessageFault)
}
