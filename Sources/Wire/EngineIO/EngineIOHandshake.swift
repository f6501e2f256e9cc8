/// What the open packet tells a client; exactly these five keys.
public struct EngineIOHandshake: Equatable, Sendable {
    public var sessionID: String
    /// Transports the session may move to: `websocket` on polling, none on a WebSocket.
    public var upgrades: [String]
    /// Milliseconds between a pong and the next ping.
    public var pingInterval: Int
    /// Milliseconds a pong may take.
    public var pingTimeout: Int
    /// Bytes of one polling body or WebSocket message.
    public var maximumPayload: Int

    public init(sessionID: String, upgrades: [String], pingInterval: Int, pingTimeout: Int, maximumPayload: Int) {
        self.sessionID = sessionID
        self.upgrades = upgrades
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.maximumPayload = maximumPayload
    }

    /// Reads the data of an open packet; nil when it is not one.
    public init?(parsing data: [UInt8]) {
        guard let json = try? JSONValue.parse(data), let sessionID = json["sid"]?.stringValue,
            let pingInterval = json["pingInterval"]?.integerValue, let pingTimeout = json["pingTimeout"]?.integerValue,
            let maximumPayload = json["maxPayload"]?.integerValue, let upgrades = json["upgrades"]?.arrayValue
        else { return nil }
        self.init(
            sessionID: sessionID, upgrades: upgrades.compactMap(\.stringValue), pingInterval: Int(pingInterval),
            pingTimeout: Int(pingTimeout), maximumPayload: Int(maximumPayload))
    }
}
