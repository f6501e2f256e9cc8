import EventLoop
import Postgres

extension Store {
    private static let beat = PostgresStatement("beat_node", "SELECT beat_node($1, $2, $3, $4)")
    private static let list = PostgresStatement.rows("list_nodes", 0)
    private static let sweep = PostgresStatement.value("sweep_expired", 1)
    private static let ping = PostgresStatement("ping", "SELECT 1 AS json")

    /// A node says that it lives, each second: the silence of its drivers counts from its death or return.
    public func beat(name: String, epoch: String, version: String) async throws(StoreError) {
        _ = try await rows(
            Self.beat, [.text(name), .text(epoch), .text(version), .double(Self.nodeDeadSeconds)])
    }

    /// Every node ever heard of, by name.
    public func nodes() async throws(StoreError) -> [NodeRecord] {
        let rows = try await rows(Self.list, [])
        return try decoding { () throws(PostgresError) in
            var nodes: [NodeRecord] = []
            for row in rows {
                nodes.append(
                    NodeRecord(
                        name: try row.text("name"), epoch: try row.text("epoch"), version: try row.text("version"),
                        startedAt: try row.text("started_at"), silentMilliseconds: try row.int("silent_ms")))
            }
            return nodes
        }
    }

    /// Removes rows that have served their time (idempotency keys), `limit` at most. Returns how many went.
    @discardableResult
    public func sweepExpired(limit: Int) async throws(StoreError) -> Int {
        let rows = try await rows(Self.sweep, [.int(limit)])
        return try decoding { () throws(PostgresError) in Int(try rows[0].int("json")) }
    }

    /// Whether PostgreSQL answers within `timeout`.
    public func ping(timeout: Duration) async -> Bool {
        do throws(StoreError) {
            _ = try await rows(Self.ping, [], timeout: timeout)
            return true
        } catch {
            return false
        }
    }
}
