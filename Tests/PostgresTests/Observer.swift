import EventLoop
import Postgres
import TestSupport
import Testing

/// Looks at the shared server from outside of the pool under test.
@Loop
final class Observer {
    static let shared = Observer()

    private static let sleeper = PostgresStatement(
        "sleeper", "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND wait_event = 'PgSleep'")
    private static let canceller = PostgresStatement("canceller", "SELECT pg_cancel_backend($1::int)")
    private static let terminator = PostgresStatement("terminator", "SELECT pg_terminate_backend($1::int)")

    private var pool: PostgresPool?

    /// Returns once the backend runs a statement that sleeps.
    func waitUntilAsleep(_ processID: Int64) async throws {
        while try await !isAsleep(processID) {}
    }

    /// Whether the backend stops sleeping within very many looks at it.
    func wakes(_ processID: Int64) async throws -> Bool {
        for _ in 0..<20_000 where try await !isAsleep(processID) { return true }
        return false
    }

    func isAsleep(_ processID: Int64) async throws -> Bool {
        try await !query(Self.sleeper, processID).isEmpty
    }

    /// A round trip to the server, in which other sockets get their turn.
    func answer() async throws { _ = try await isAsleep(0) }

    func cancel(_ processID: Int64) async throws {
        try await waitUntilAsleep(processID)
        _ = try await query(Self.canceller, processID)
    }

    func terminate(_ processID: Int64) async throws {
        _ = try await query(Self.terminator, processID)
    }

    private func query(_ statement: PostgresStatement, _ processID: Int64) async throws -> PostgresRows {
        let pool = try self.pool ?? PostgresPool(try configuration())
        if self.pool == nil { pool.start() }
        self.pool = pool
        return try await pool.query(statement, [.int(processID)])
    }
}

/// A pool on the shared database whose connections are all up.
@Loop
func startedPool(
    _ timing: any Timing, connections: Int = 1, _ change: (inout PostgresConfiguration) -> Void = { _ in }
) async throws -> PostgresPool {
    var configuration = try configuration(connections: connections)
    change(&configuration)
    let pool = PostgresPool(configuration, timing: timing)
    let up = Occurrences()
    pool.onStateChange = { if $0 { up.note() } }
    pool.start()
    await up.reach(1)
    while pool.statistics.ready < connections { _ = try await pool.query(DeadlineTests.processID) }
    pool.onStateChange = nil
    return pool
}
