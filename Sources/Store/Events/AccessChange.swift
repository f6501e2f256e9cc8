public import Domain

/// A session ended, or an account was locked or given another role: its sockets must end, on every node.
public struct AccessChange: Sendable, Equatable {
    public let accountID: UUID16
    /// The one session that ended; nil when it is about every session of the account.
    public let sessionID: UUID16?
    /// The account's role now; sockets that bear another end. Nil when every socket named ends.
    public let role: String?
    /// What `session_revoked` says: `LOGGED_OUT`, `REPLAYED_TOKEN`, `ACCOUNT_LOCKED`, `ROLE_CHANGED`, …
    public let reason: String

    public init(accountID: UUID16, sessionID: UUID16?, role: String? = nil, reason: String) {
        self.accountID = accountID
        self.sessionID = sessionID
        self.role = role
        self.reason = reason
    }
}
