/// What an access token says (RFC 7519, 4.1).
public struct AccessClaims: Hashable, Sendable {
    /// `sub`: the account.
    public var subject: String
    /// `sid`: the session; it may have ended since.
    public var session: String
    /// `role`
    public var role: String
    /// `iat`: Unix seconds.
    public var issuedAt: Int64
    /// `exp`: Unix seconds; from that second on it is expired.
    public var expiresAt: Int64

    public init(subject: String, session: String, role: String, issuedAt: Int64, expiresAt: Int64) {
        self.subject = subject
        self.session = session
        self.role = role
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}
