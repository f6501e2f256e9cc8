public import EventLoop
public import Postgres

/// Every statement there is, over a pool of connections: PostgreSQL is the truth, and each change of state is one SQL
/// function, so one round trip and one transaction.
///
/// A method either returns what was committed, with what is to be published, or a `Refusal` in it, or throws
/// `StoreError` when the database could not be asked or did not answer in time.
@Loop
public final class Store {
    /// The connections; started and stopped by the owner.
    public let pool: PostgresPool

    /// A store over a pool, which need not be started yet.
    public init(_ pool: PostgresPool) {
        self.pool = pool
    }

    /// Tries of a statement that lost a race for locks or constraints and left nothing behind: the third meets it only
    /// when something is wrong.
    private static let maximumTries = 3

    func rows(
        _ statement: PostgresStatement, _ parameters: [PostgresValue],
        timeout: Duration = PostgresPool.defaultTimeout
    ) async throws(StoreError) -> PostgresRows {
        var tries = 1
        while true {
            do throws(PostgresError) {
                return try await pool.query(statement, parameters, timeout: timeout)
            } catch {
                guard StoreError.isLostRace(error), tries < Self.maximumTries else { throw StoreError(error) }
                tries += 1
            }
        }
    }

    func change(
        _ statement: PostgresStatement, _ parameters: [PostgresValue],
        timeout: Duration = PostgresPool.defaultTimeout
    ) async throws(StoreError) -> Change {
        try Change(try await rows(statement, parameters, timeout: timeout))
    }

    /// The one text value of a statement that builds JSON; nil when it is NULL or there is no row.
    func json(_ statement: PostgresStatement, _ parameters: [PostgresValue]) async throws(StoreError) -> [UInt8]? {
        let rows = try await rows(statement, parameters)
        guard let row = rows.first else { return nil }
        return try decoding { () throws(PostgresError) in try row.bytesIfPresent("json") }
    }

    /// The page of a list: `{"data": […], "nextCursor": …}`.
    func page(_ statement: PostgresStatement, _ parameters: [PostgresValue]) async throws(StoreError) -> [UInt8] {
        try await json(statement, parameters) ?? []
    }

    func flag(_ statement: PostgresStatement, _ parameters: [PostgresValue]) async throws(StoreError) -> Bool {
        let rows = try await rows(statement, parameters)
        return try decoding { () throws(PostgresError) in try rows[0].bool("json") }
    }
}

/// Reads of rows, whose failures are ours and not the database's.
func decoding<T>(_ body: () throws(PostgresError) -> T) throws(StoreError) -> T {
    do throws(PostgresError) {
        return try body()
    } catch {
        throw StoreError(error)
    }
}
