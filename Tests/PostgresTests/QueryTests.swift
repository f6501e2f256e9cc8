import EventLoop
import Postgres
import TestSupport
import Testing

struct QueryTests {
    static let echo = PostgresStatement("echo", "SELECT $1::bigint AS value")

    @Test func `a statement returns its rows`() async throws {
        try await withPool(try configuration()) { pool in
            let rows = try await pool.query(Self.echo, [42])
            #expect(rows.count == 1)
            #expect(try rows[0].int("value") == 42)
            #expect(rows.columns == ["value"])
        }
    }

    @Test func `hundreds of statements at once each get their own answer`() async throws {
        try await withPool(try configuration(connections: 3)) { pool in
            let tasks = (0..<Int64(500)).map { number in
                begin { (number, try await pool.query(Self.echo, [.int(number)])[0].int(at: 0)) }
            }
            var answers: [(Int64, Int64)] = []
            for task in tasks { answers.append(try await task.value) }
            #expect(answers.count == 500)
            #expect(answers.allSatisfy { $0 == $1 })
            #expect(pool.statistics.succeeded == 500)
        }
    }
}
