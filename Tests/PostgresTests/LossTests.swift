import EventLoop
import Postgres
import TestSupport
import Testing

struct LossTests {
    @Test func `a backend ended in the middle leaves the outcome unknown, and the connection is made again`()
        async throws
    {
        try await onLoop {
            let pool = try await startedPool(SystemTiming.shared) { $0.maximumInFlight = 2 }
            let identifier = try await pool.query(DeadlineTests.processID)[0].int(at: 0)
            let running = begin { try await pool.query(DeadlineTests.sleep, [600]).count }
            let behind = begin { try await pool.query(QueryTests.echo, [1]).count }
            let unsent = begin { try await pool.query(QueryTests.echo, [7])[0].int(at: 0) }
            try await Observer.shared.waitUntilAsleep(identifier)
            try await Observer.shared.terminate(identifier)
            for task in [running, behind] {
                let error = await failure { _ = try await task.value }
                #expect(error?.kind == .outcomeUnknown)
                #expect(error?.mayHaveTakenEffect == true)
            }
            // It never left this process, so that it goes over the next connection.
            let answer = try await unsent.value
            #expect(answer == 7)
            #expect(pool.statistics.outcomesUnknown == 2)
            #expect(pool.statistics.connects == 2)
            #expect(pool.statistics.disconnects == 1)
            await pool.stop()
        }
    }

    @Test func `a backend ended while idle goes unnoticed`() async throws {
        try await onLoop {
            let pool = try await startedPool(SystemTiming.shared)
            let down = Occurrences()
            pool.onStateChange = { if !$0 { down.note() } }
            try await Observer.shared.terminate(try await pool.query(DeadlineTests.processID)[0].int(at: 0))
            await down.reach(1)
            let answer = try await pool.query(QueryTests.echo, [7])[0].int(at: 0)
            #expect(answer == 7)
            await pool.stop()
        }
    }

    @Test func `a server that became read-only is left, and nothing has happened`() async throws {
        let database = try PrivatePostgres.shared.makeDatabase(from: "template1")
        try await onLoop {
            let pool = try await startedPool(SystemTiming.shared) { $0.database = database }
            try await pool.script(
                "CREATE TABLE kept (id int); ALTER DATABASE \(database) SET default_transaction_read_only = on")
            let insert = PostgresStatement("kept_insert", "INSERT INTO kept VALUES ($1)")
            _ = try await pool.query(insert, [1])
            _ = try await pool.query(PostgresStatement("off", "SET default_transaction_read_only = on"))
            let down = Occurrences()
            pool.onStateChange = { if !$0 { down.note() } }
            let error = await failure { _ = try await pool.query(insert, [2]) }
            #expect(error?.kind == .unavailable)
            #expect(error?.state == "25006")
            #expect(error?.mayHaveTakenEffect == false)
            await down.reach(1)
            let count = try await pool.query(PostgresStatement("kept_count", "SELECT count(*) FROM kept"))[0].int(at: 0)
            #expect(count == 1)
            #expect(pool.statistics.connects == 2)
            await pool.stop()
        }
    }

    @Test func `without a server statements fail after the grace, and then at once`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            var nowhere = try configuration()
            nowhere.host = "/tmp/lm-pg-nowhere"
            let pool = PostgresPool(nowhere, timing: timing)
            pool.start()
            let early = begin { try await pool.query(QueryTests.echo, [1]).count }
            #expect(pool.statistics.waiting == 1)
            timing.advance(by: PostgresPool.unavailableGrace)
            for error in [
                await failure { _ = try await early.value },
                await failure { _ = try await pool.query(QueryTests.echo, [1]) },
                await failure { try await pool.transaction { _ in } },
            ] {
                #expect(error?.kind == .unavailable)
                #expect(error?.mayHaveTakenEffect == false)
            }
            #expect(!pool.isUp)
            await pool.stop()
        }
    }

    @Test func `the pool says why it has no connection`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = PostgresPool(try configuration(database: "no_such_database"), timing: timing)
            pool.start()
            while pool.lastConnectionFailure == nil { try await Observer.shared.answer() }
            #expect(pool.lastConnectionFailure?.message.contains("no_such_database") == true)
            let refused = begin { try await pool.query(QueryTests.echo, [1]).count }
            timing.advance(by: PostgresPool.unavailableGrace)
            let error = await failure { _ = try await refused.value }
            #expect(error?.message.contains("no_such_database") == true)
            await pool.stop()
        }
    }

    @Test func `a stopped pool refuses, and stopping twice or before the start is harmless`() async throws {
        try await onLoop {
            let pool = PostgresPool(try configuration())
            await pool.stop()
            pool.start()
            let running = begin { try await pool.query(QueryTests.echo, [7])[0].int(at: 0) }
            let answer = try await running.value
            #expect(answer == 7)
            let last = begin { try await pool.query(QueryTests.echo, [8])[0].int(at: 0) }
            await pool.stop()
            await pool.stop()
            let lastAnswer = try await last.value
            #expect(lastAnswer == 8)
            let error = await failure { _ = try await pool.query(QueryTests.echo, [1]) }
            #expect(error?.kind == .unavailable)
            #expect(!pool.isUp)
        }
    }

    @Test func `a wrong database is told apart from no server`() async throws {
        try await onLoop {
            let pool = PostgresPool(try configuration(database: "no_such_database"))
            let error = await failure { try await pool.script("SELECT 1") }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("no_such_database") == true)
        }
    }

    @Test func `a host name is resolved, and a closed port is no server`() async throws {
        try await onLoop {
            var closed = try configuration()
            closed.host = "localhost"
            // tcpmux: nothing has listened there for decades.
            closed.port = 1
            let pool = PostgresPool(closed)
            let error = await failure { try await pool.script("SELECT 1") }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("refused") == true)
        }
    }
}
