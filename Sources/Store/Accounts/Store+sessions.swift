public import Domain
import EventLoop
import Postgres

extension Store {
    private static let begin = PostgresStatement("create_session", "SELECT create_session($1, $2, $3, $4)")
    private static let rotate = PostgresStatement.rows("rotate_session", 5)
    private static let revoke = PostgresStatement.value("revoke_session", 2)
    private static let endExpired = PostgresStatement.value("end_expired_sessions", 1)
    private static let state = PostgresStatement.rows("session_state", 1)

    /// How long a refresh token stays good after its successor was given out: an answer may have been lost.
    public static let refreshGraceSeconds = 30.0

    /// Begins a session that ends by itself when it is not refreshed for `lifeSeconds`.
    public func createSession(
        _ id: UUID16, account: UUID16, refreshHash: [UInt8], lifeSeconds: Double
    ) async throws(StoreError) {
        _ = try await rows(Self.begin, [.id(id), .id(account), .bytes(refreshHash), .double(lifeSeconds)])
    }

    /// Exchanges a refresh token, given by its hash, for a new one. An older one than the predecessor ends the session.
    public func rotateSession(
        _ id: UUID16, refreshHash: [UInt8], newHash: [UInt8], lifeSeconds: Double
    ) async throws(StoreError) -> SessionRotation {
        let rows = try await rows(
            Self.rotate,
            [
                .id(id), .bytes(refreshHash), .bytes(newHash), .double(Self.refreshGraceSeconds), .double(lifeSeconds),
            ])
        return try decoding { () throws(PostgresError) in
            let row = rows[0]
            switch try row.text("code") {
            case "OK": return .rotated(account: try row.id("account_id"))
            case "REVOKED":
                return .revoked(account: try row.id("account_id"), reason: try row.textIfPresent("reason") ?? "")
            case "EXPIRED": return .expired
            default: return .unknown
            }
        }
    }

    /// Ends a session, whose sockets hear of it by the feed too. False when it had ended before or never was.
    public func revokeSession(_ id: UUID16, reason: String) async throws(StoreError) -> Bool {
        try await flag(Self.revoke, [.id(id), .text(reason)])
    }

    /// Ends sessions that were not refreshed in time, `limit` at most, so that their sockets hear of it by the feed. Returns
    /// how many.
    @discardableResult
    public func endExpiredSessions(limit: Int) async throws(StoreError) -> Int {
        let rows = try await rows(Self.endExpired, [.int(limit)])
        return try decoding { () throws(PostgresError) in Int(try rows[0].int("json")) }
    }

    /// Nil when there is no such session.
    public func session(_ id: UUID16) async throws(StoreError) -> SessionView? {
        let rows = try await rows(Self.state, [.id(id)])
        guard let row = rows.first else { return nil }
        let state = try row.value("state", as: SessionView.State.self)
        let role = try row.value("role", as: Role.self)
        return try decoding { () throws(PostgresError) in
            SessionView(
                state: state, reason: try row.textIfPresent("reason"), accountID: try row.id("account_id"), role: role,
                accountJSON: try row.bytes("json"))
        }
    }
}
