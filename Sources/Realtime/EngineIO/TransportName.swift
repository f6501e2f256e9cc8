/// How packets of a session travel at present, by the protocol's names.
public enum TransportName: String, Sendable {
    case polling, websocket
}
