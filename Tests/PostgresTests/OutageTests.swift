import EventLoop
import Glibc
import Postgres
import TestSupport
import Testing

/// Outages of a whole server, on one of their own.
@Suite(.serialized)
struct OutageTests {
    private static let server = Result { try PrivatePostgres(durable: false) }

    private func withServer(
        _ timing: @escaping @Loop @Sendable () -> any Timing = { SystemTiming.shared },
        _ body: @escaping @Loop @Sendable (PrivatePostgres, PostgresPool) async throws -> Void
    ) async throws {
        let server = try Self.server.get()
        try await onLoop {
            let pool = try await startedPool(timing(), connections: 2) {
                $0.host = server.directory
                $0.database = "postgres"
            }
            try await body(server, pool)
            await pool.stop()
        }
    }

    @Test(arguments: [PrivatePostgres.StopMode.fast, .immediate])
    func `a restarted server is found again, and what waited goes on`(mode: PrivatePostgres.StopMode) async throws {
        try await withServer { server, pool in
            let (up, down) = (Occurrences(), Occurrences())
            pool.onStateChange = { $0 ? up.note() : down.note() }
            try server.stop(mode)
            await down.reach(1)
            #expect(!pool.isUp)
            try server.start()
            await up.reach(1)
            let answer = try await pool.query(QueryTests.echo, [7])[0].int(at: 0)
            #expect(answer == 7)
            #expect(pool.statistics.disconnects == 2)
        }
    }

    @Test func `a server that is frozen is given up, and found again when it goes on`() async throws {
        let timing = await onLoopTiming()
        try await withServer({ timing }) { server, pool in
            let (up, down) = (Occurrences(), Occurrences())
            pool.onStateChange = { $0 ? up.note() : down.note() }
            try server.signal(SIGSTOP)
            let tasks = (0..<2).map { _ in begin { try await pool.query(QueryTests.echo, [7]).count } }
            timing.advance(by: PostgresPool.defaultTimeout)
            for task in tasks {
                let error = await failure { _ = try await task.value }
                #expect(error?.kind == .timedOut)
                #expect(error?.mayHaveTakenEffect == true)
            }
            // The cancel request gets no answer either: both connections are given up.
            timing.advance(by: .seconds(2))
            await down.reach(1)
            let refused = begin { try await pool.query(QueryTests.echo, [7]).count }
            timing.advance(by: PostgresPool.unavailableGrace)
            let error = await failure { _ = try await refused.value }
            #expect(error?.kind == .unavailable)
            try server.signal(SIGCONT)
            await up.reach(1)
            let answer = try await pool.query(QueryTests.echo, [7])[0].int(at: 0)
            #expect(answer == 7)
        }
    }

    @Test func `a rollback that fails too does not hide why there was one`() async throws {
        struct Refusal: Error {}
        let timing = await onLoopTiming()
        try await withServer({ timing }) { server, pool in
            let entered = Occurrences()
            let transaction = begin {
                try await pool.transaction { _ in
                    try server.signal(SIGSTOP)
                    entered.note()
                    throw Refusal()
                }
            }
            await entered.reach(1)
            await settle()
            timing.advance(by: .seconds(2))
            do {
                try await transaction.value
                Issue.record("the transaction must fail")
            } catch {
                let both = try #require(error as? PostgresTransactionError)
                #expect(both.cause is Refusal)
                #expect(both.rollback.kind == .timedOut)
            }
            try server.signal(SIGCONT)
            #expect(pool.statistics.leased == 0)
        }
    }

    @Loop private func onLoopTiming() -> ManualTiming { ManualTiming() }
}
