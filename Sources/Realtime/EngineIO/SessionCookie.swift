/// A cookie that bears the session's id, for proxies that route by one. It is set by the answer that opens a session on
/// polling, and by no other: a session that begins on a WebSocket needs no second request.
public struct SessionCookie: Sendable {
    /// With which requests of other sites' pages the cookie goes (RFC 6265bis).
    public enum SameSite: String, Sendable {
        case strict = "Strict"
        case lax = "Lax"
        /// Browsers take such a cookie over TLS only, so it is marked `Secure`.
        case none = "None"
    }

    public var name = "io"
    public var path = "/"
    public var isHTTPOnly = true
    public var sameSite = SameSite.lax
    public var isSecure = false
    /// Seconds; nil lets it end with the browser.
    public var maximumAge: Int?

    public init() {}

    func field(session id: String) -> String {
        var text = "\(name)=\(id); Path=\(path)"
        if let maximumAge { text += "; Max-Age=\(maximumAge)" }
        if isHTTPOnly { text += "; HttpOnly" }
        if isSecure || sameSite == .none { text += "; Secure" }
        return text + "; SameSite=\(sameSite.rawValue)"
    }
}
