import EventLoop
import Postgres
import Testing

struct PipelineTests {
    private static let divide = PostgresStatement("divide", "SELECT 10 / $1::int AS value")
    private static let transactionID = PostgresStatement("txid", "SELECT pg_current_xact_id() AS id")

    @Test func `statements over one connection are answered in the order they were sent`() async throws {
        try await withPool(try configuration()) { pool in
            let order = Order()
            let tasks = (0..<50).map { number in
                begin {
                    _ = try await pool.query(QueryTests.echo, [.int(Int64(number))])
                    order.numbers.append(number)
                }
            }
            for task in tasks { try await task.value }
            #expect(order.numbers == Array(0..<50))
        }
    }

    @Test func `a failing statement fails alone among its neighbours`() async throws {
        try await withPool(try configuration()) { pool in
            let tasks = [5, 0, 2, 0, 1].map { divisor in
                begin { try await pool.query(Self.divide, [.int(divisor)])[0].int(at: 0) }
            }
            var outcomes: [String] = []
            for task in tasks {
                do {
                    outcomes.append("\(try await task.value)")
                } catch {
                    outcomes.append((error as? PostgresError)?.state ?? "?")
                }
            }
            #expect(outcomes == ["2", "22012", "5", "22012", "10"])
        }
    }

    @Test func `neighbours in one turn are transactions of their own`() async throws {
        try await withPool(try configuration()) { pool in
            let tasks = (0..<10).map { _ in begin { try await pool.query(Self.transactionID)[0].int(at: 0) } }
            var identifiers: Set<Int64> = []
            for task in tasks { identifiers.insert(try await task.value) }
            #expect(identifiers.count == 10)
        }
    }

    @Test func `a statement that cannot be prepared fails alone, each time with its own reason`() async throws {
        try await withPool(try configuration()) { pool in
            let wrong = PostgresStatement("wrong", "SELECT nothing FROM nowhere WHERE id = $1")
            let tasks = [true, false, true, true, false].map { isWrong in
                begin { try await pool.query(isWrong ? wrong : QueryTests.echo, [1]).count }
            }
            var outcomes: [String] = []
            for task in tasks {
                do {
                    outcomes.append("\(try await task.value)")
                } catch {
                    outcomes.append((error as? PostgresError)?.state ?? "?")
                }
            }
            #expect(outcomes == ["42P01", "1", "42P01", "42P01", "1"])
        }
    }

    @Test func `a statement is prepared once on each connection that runs it`() async throws {
        try await withPool(try configuration(connections: 2)) { pool in
            // The second connection may come up after the first has answered already.
            while pool.statistics.ready < 2 { _ = try await pool.query(QueryTests.echo, [1]) }
            // Two at a time, so that both connections get their share.
            for _ in 0..<5 {
                let tasks = (0..<2).map { _ in begin { try await pool.query(QueryTests.echo, [1]).count } }
                for task in tasks { _ = try await task.value }
            }
            let count = PostgresStatement(
                "count", "SELECT pg_backend_pid() AS id, count(*) AS n FROM pg_prepared_statements WHERE name = 'echo'")
            let tasks = (0..<2).map { _ in begin { try await pool.query(count)[0] } }
            var rows: [PostgresRow] = []
            for task in tasks { rows.append(try await task.value) }
            #expect(try Set(rows.map { try $0.int("id") }).count == 2)
            #expect(try rows.map { try $0.int("n") } == [1, 1])
        }
    }

    @Test func `what the commit itself refuses is the statement's failure`() async throws {
        try await withPool(try configuration()) { pool in
            try await pool.script(
                "DROP TABLE IF EXISTS late; CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let insert = PostgresStatement("late_insert", "INSERT INTO late VALUES ($1)")
            #expect(try await pool.query(insert, [1]).affected == 1)
            let error = await failure { _ = try await pool.query(insert, [1]) }
            #expect(error?.state == "23505")
            #expect(error?.constraint == "late_id_key")
            #expect(error?.violates("late_id_key") == true)
            #expect("\(error!)" == "PostgreSQL: sql 23505 constraint late_id_key in late_insert")
        }
    }

    @Test func `a changed table and a lost preparation go unnoticed`() async throws {
        try await withPool(try configuration()) { pool in
            try await pool.script(
                "DROP TABLE IF EXISTS grown; CREATE TABLE grown (a int); INSERT INTO grown VALUES (1)")
            let all = PostgresStatement("grown_all", "SELECT * FROM grown")
            #expect(try await pool.query(all).columns == ["a"])
            try await pool.script("ALTER TABLE grown ADD b int")
            let tasks = (0..<3).map { _ in begin { try await pool.query(all).columns } }
            for task in tasks { #expect(try await task.value == ["a", "b"]) }
            _ = try await pool.query(PostgresStatement("forget", "DEALLOCATE ALL"))
            #expect(try await pool.query(all).columns == ["a", "b"])
            #expect(pool.statistics.connects == 1)
        }
    }

    @Test func `another text under the same name is another statement`() async throws {
        try await withPool(try configuration()) { pool in
            for (sql, value) in [("SELECT 1", 1), ("SELECT 2", 2), ("SELECT 1", 1)] as [(String, Int64)] {
                let answer = try await pool.query(PostgresStatement("same", sql))[0].int(at: 0)
                #expect(answer == value)
            }
        }
    }

    @Test func `a result larger than the socket's buffer arrives whole, and so does a large parameter`() async throws {
        try await withPool(try configuration()) { pool in
            let statement = PostgresStatement("large", "SELECT $1::bytea AS value")
            let value = [UInt8](repeating: 7, count: 5_000_000)
            let tasks = (0..<3).map { _ in begin { try await pool.query(statement, [.bytes(value)])[0].bytes(at: 0) } }
            for task in tasks {
                let answer = try await task.value
                #expect(answer == value)
            }
        }
    }
}

@Loop
private final class Order {
    var numbers: [Int] = []
}
