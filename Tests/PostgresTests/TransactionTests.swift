import EventLoop
import Postgres
import TestSupport
import Testing

struct TransactionTests {
    private struct Refusal: Error {}

    /// A table of the test's own, empty.
    private func withTable<T: Sendable>(
        _ name: String, connections: Int = 2,
        _ body: @escaping @Loop @Sendable (PostgresPool, Table) async throws -> T
    ) async throws -> T {
        try await withPool(try configuration(connections: connections)) { pool in
            try await pool.script("DROP TABLE IF EXISTS \(name); CREATE TABLE \(name) (id int PRIMARY KEY)")
            return try await body(pool, Table(name))
        }
    }

    private struct Table: Sendable {
        let insert: PostgresStatement
        let count: PostgresStatement

        init(_ name: String) {
            insert = PostgresStatement("\(name)_insert", "INSERT INTO \(name) VALUES ($1)")
            count = PostgresStatement("\(name)_count", "SELECT count(*) FROM \(name)")
        }
    }

    @Test func `what the body did is committed together`() async throws {
        try await withTable("committed") { pool, table in
            let answer = try await pool.transaction { transaction in
                for id in 1...3 { _ = try await transaction.query(table.insert, [.int(Int64(id))]) }
                let outside = try await pool.query(table.count)[0].int(at: 0)
                #expect(outside == 0)
                return try await transaction.query(table.count)[0].int(at: 0)
            }
            #expect(answer == 3)
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 3)
            #expect(pool.statistics.leased == 0)
        }
    }

    @Test func `what the body throws undoes it and is thrown on`() async throws {
        try await withTable("undone") { pool, table in
            await #expect(throws: Refusal.self) {
                try await pool.transaction { transaction in
                    _ = try await transaction.query(table.insert, [1])
                    throw Refusal()
                }
            }
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
            #expect(pool.statistics.disconnects == 0)
        }
    }

    @Test func `a failure that the body swallows commits nothing, and says so`() async throws {
        try await withTable("swallowed") { pool, table in
            let error = await failure {
                try await pool.transaction { transaction in
                    _ = try await transaction.query(table.insert, [1])
                    let inner = await failure { _ = try await transaction.query(table.insert, [1]) }
                    #expect(inner?.constraint == "swallowed_pkey")
                }
            }
            #expect(error?.state == "25P02")
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
        }
    }

    @Test func `a transaction is over when its closure has returned`() async throws {
        try await withTable("over") { pool, table in
            var kept: PostgresTransaction?
            try await pool.transaction { kept = $0 }
            let error = await failure { _ = try await kept?.query(table.insert, [1]) }
            #expect(error?.kind == .unavailable)
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
        }
    }

    @Test func `transactions leave a connection to the others and wait for each other`() async throws {
        try await withTable("waiting") { pool, table in
            let entered = Occurrences()
            let mayLeave = Occurrences()
            let first = begin {
                try await pool.transaction { _ in
                    entered.note()
                    await mayLeave.reach(1)
                }
            }
            await entered.reach(1)
            let second = begin { try await pool.transaction { _ in entered.note() } }
            // Runs although one transaction holds a connection and another waits for one.
            let count = try await pool.query(table.count)[0].int(at: 0)
            #expect(count == 0)
            #expect(entered.count == 1)
            #expect(pool.statistics.leased == 1)
            mayLeave.note()
            try await first.value
            try await second.value
            #expect(entered.count == 2)
        }
    }

    @Test func `a transaction past its deadline is undone and its connection replaced`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = try await startedPool(timing)
            try await pool.script("DROP TABLE IF EXISTS tardy; CREATE TABLE tardy (id int)")
            let table = Table("tardy")
            let identifier = try await pool.query(DeadlineTests.processID)[0].int(at: 0)
            let slow = begin {
                try await pool.transaction(timeout: .seconds(2)) { transaction in
                    _ = try await transaction.query(table.insert, [1])
                    _ = try await transaction.query(DeadlineTests.sleep, [600])
                }
            }
            try await Observer.shared.waitUntilAsleep(identifier)
            let up = Occurrences()
            pool.onStateChange = { if $0 { up.note() } }
            timing.advance(by: .seconds(2))
            let error = await failure { try await slow.value }
            #expect(error?.kind == .timedOut)
            #expect(error?.mayHaveTakenEffect == false)
            timing.advance(by: .milliseconds(100))
            await up.reach(1)
            while try await Observer.shared.isAsleep(identifier) {}
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
            await pool.stop()
        }
    }

    @Test func `a connection lost in a transaction leaves nothing of it`() async throws {
        try await withTable("severed") { pool, table in
            let error = await failure {
                try await pool.transaction { transaction in
                    _ = try await transaction.query(table.insert, [1])
                    try await Observer.shared.terminate(
                        try await transaction.query(DeadlineTests.processID)[0].int(at: 0))
                    // The signal takes a moment to arrive.
                    for id in 2... { _ = try await transaction.query(table.insert, [.int(Int64(id))]) }
                }
            }
            #expect(error?.kind == .unavailable)
            #expect(error?.mayHaveTakenEffect == false)
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
        }
    }

    @Test func `a transaction that its node leaves idle is ended by the server`() async throws {
        try await onLoop {
            let pool = try await startedPool(SystemTiming.shared) {
                $0.idleInTransactionTimeout = .milliseconds(30)
            }
            try await pool.script("DROP TABLE IF EXISTS idled; CREATE TABLE idled (id int)")
            let table = Table("idled")
            let down = Occurrences()
            pool.onStateChange = { if !$0 { down.note() } }
            let error = await failure {
                try await pool.transaction { transaction in
                    _ = try await transaction.query(table.insert, [1])
                    await down.reach(1)
                    _ = try await transaction.query(table.insert, [2])
                }
            }
            #expect(error?.kind == .unavailable)
            let after = try await pool.query(table.count)[0].int(at: 0)
            #expect(after == 0)
            await pool.stop()
        }
    }
}
