public import EventLoop

/// A transaction that has begun; good until the closure that got it returns.
@Loop
public final class PostgresTransaction {
    private let pool: PostgresPool
    private let connection: PipelinedConnection
    private let deadline: LoopTime
    private var isOver = false
    /// Whether a statement may still run that nobody waits for.
    private(set) var isAbandoned = false

    init(pool: PostgresPool, connection: PipelinedConnection, deadline: LoopTime) {
        self.pool = pool
        self.connection = connection
        self.deadline = deadline
    }

    /// Runs one statement in the transaction, within the transaction's deadline. After a failure every other fails
    /// too, until the transaction ends.
    public func query(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresRows {
        try await run(statement, parameters, commits: false)
    }

    func run(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = [], commits: Bool
    ) async throws(PostgresError) -> PostgresRows {
        guard !isOver else { throw PostgresError(.unavailable, "the transaction is over", statement: statement.name) }
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, deadline: deadline, commits: commits, over: connection)
        } catch {
            if error.kind == .timedOut { isAbandoned = true }
            throw error
        }
    }

    func end() { isOver = true }
}
