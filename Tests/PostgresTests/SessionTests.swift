import EventLoop
import Postgres
import TestSupport
import Testing

struct SessionTests {
    @Test func `a script runs many statements, and a failing one undoes it`() async throws {
        try await withPool(try configuration()) { pool in
            try await pool.script(
                "DROP TABLE IF EXISTS scripted; CREATE TABLE scripted (id int); INSERT INTO scripted VALUES (1)")
            let error = await failure {
                try await pool.script("INSERT INTO scripted VALUES (2); SELECT 1 / 0; INSERT INTO scripted VALUES (3)")
            }
            #expect(error?.state == "22012")
            let rows = try await pool.query(PostgresStatement("scripted_all", "SELECT id FROM scripted"))
            #expect(rows.count == 1)
        }
    }

    @Test func `a script with NUL is refused rather than cut short`() async throws {
        try await onLoop {
            let pool = PostgresPool(try configuration())
            let error = await failure { try await pool.script("SELECT 1\0; SELECT 2") }
            #expect(error?.kind == .invalidParameter)
        }
    }

    @Test func `a session's lock lasts until the session ends`() async throws {
        try await withPool(try configuration()) { pool in
            let tryLock = PostgresStatement("try_lock", "SELECT pg_try_advisory_xact_lock(4711) AS got")
            try await pool.withSession { session in
                _ = try await session.query("SELECT pg_advisory_lock($1)", [4711])
                try await session.script("SELECT 1; SELECT 2", timeout: .seconds(5))
                let got = try await pool.query(tryLock)[0].bool("got")
                #expect(!got)
            }
            // The server notices the session's end a moment later.
            while try await !pool.query(tryLock)[0].bool("got") {}
        }
    }

    @Test func `a session past its deadline is over`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = PostgresPool(try configuration(), timing: timing)
            try await pool.withSession { session in
                let identifier = try await session.query("SELECT pg_backend_pid()")[0].int(at: 0)
                let slow = begin { try await session.script("SELECT pg_sleep(600)", timeout: .seconds(3)) }
                let second = await failure { try await session.script("SELECT 1", timeout: .seconds(3)) }
                #expect(second?.kind == .overloaded)
                try await Observer.shared.waitUntilAsleep(identifier)
                timing.advance(by: .seconds(3))
                let error = await failure { try await slow.value }
                #expect(error?.kind == .timedOut)
                #expect(!session.isOpen)
                // Cancelled, not left to run.
                while try await Observer.shared.isAsleep(identifier) {}
            }
        }
    }

    @Test func `notifications arrive by channel, and again after the connection was lost`() async throws {
        try await withPool(try configuration()) { pool in
            let (listening, heard) = (Occurrences(), Heard())
            pool.onListening = { listening.note() }
            pool.listen("orders") { heard.add("orders:\($0)") }
            await listening.reach(1)
            pool.listen("Drivers \"north\"") { heard.add("drivers:\($0)") }
            await listening.reach(2)
            let notify = PostgresStatement("notify", "SELECT pg_notify($1, $2)")
            _ = try await pool.query(notify, ["orders", "1"])
            _ = try await pool.query(notify, ["Drivers \"north\"", "2"])
            await heard.occurrences.reach(2)
            let listener = try await pool.query(
                PostgresStatement(
                    "listener",
                    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"))
            try await Observer.shared.terminate(try listener[0].int("pid"))
            await listening.reach(3)
            _ = try await pool.query(notify, ["orders", "3"])
            _ = try await pool.query(notify, ["Drivers \"north\"", "4"])
            await heard.occurrences.reach(4)
            #expect(heard.messages == ["orders:1", "drivers:2", "orders:3", "drivers:4"])
        }
    }
}

@Loop
private final class Heard {
    private(set) var messages: [String] = []
    let occurrences = Occurrences()

    func add(_ message: String) {
        messages.append(message)
        occurrences.note()
    }
}
