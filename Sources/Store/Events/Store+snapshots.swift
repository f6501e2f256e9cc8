public import Domain
import EventLoop
import Postgres

extension Store {
    private static let current = PostgresStatement(
        "current_snapshot", "SELECT pg_current_snapshot()::text AS json")
    private static let memberships = PostgresStatement(
        "memberships", "SELECT merchant_id FROM merchant_members WHERE account_id = $1")

    /// `pg_current_snapshot()`: what has been committed by now.
    public func currentSnapshot() async throws(StoreError) -> String {
        let rows = try await rows(Self.current, [])
        return try decoding { () throws(PostgresError) in try rows[0].text("json") }
    }

    /// The merchants of which the account is a member.
    public func merchants(of account: UUID16) async throws(StoreError) -> [UUID16] {
        let rows = try await rows(Self.memberships, [.id(account)])
        return try decoding { () throws(PostgresError) in
            var merchants: [UUID16] = []
            for row in rows { merchants.append(try row.id("merchant_id")) }
            return merchants
        }
    }
}
