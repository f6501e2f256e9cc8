/// The opening handshake (RFC 6455 section 4).
public enum WebSocketHandshake {
    /// The one version there is; a refusal for another is to name it in `Sec-WebSocket-Version`.
    public static let version = "13"

    /// Checks a client's request, whose head asks for an upgrade.
    /// - Returns: the value of `Sec-WebSocket-Accept` for the 101 response.
    public static func accept(_ head: HTTPRequestHead) throws(WireError) -> String {
        guard head.method == .get, head.asksForUpgrade, head.headers.contains("upgrade", token: "websocket"),
            head.framing == .none || head.framing == .length(0)
        else { throw .http(.invalidUpgrade) }
        guard head.headers.values("sec-websocket-version") == [version] else {
            throw .http(.unsupportedWebSocketVersion)
        }
        let keys = head.headers.values("sec-websocket-key")
        guard keys.count == 1, Base64.decode(Array(keys[0].utf8))?.count == 16 else { throw .http(.invalidUpgrade) }
        return accept(key: keys[0])
    }

    /// The answer to a client's key: base64 of the SHA-1 of it and the protocol's own text (section 4.2.2).
    public static func accept(key: String) -> String {
        let digest = SHA1.digest(Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        return String(decoding: Base64.encode(digest), as: UTF8.self)
    }

    /// Whether a server's response accepts the request that had `key` (section 4.1).
    public static func isAccepted(_ head: HTTPResponseHead, key: String) -> Bool {
        head.status == 101 && head.headers.contains("upgrade", token: "websocket")
            && head.headers.contains("connection", token: "upgrade")
            && head.headers.values("sec-websocket-accept") == [accept(key: key)]
    }
}
