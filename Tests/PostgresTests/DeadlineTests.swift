import EventLoop
import Postgres
import TestSupport
import Testing

struct DeadlineTests {
    static let sleep = PostgresStatement("sleep", "SELECT pg_sleep($1::float8)")
    static let processID = PostgresStatement("process_id", "SELECT pg_backend_pid() AS id")

    @Test func `a statement past its deadline fails at once and is cancelled, and its connection goes on`() async throws
    {
        try await onLoop {
            let timing = ManualTiming()
            let pool = try await startedPool(timing) { $0.statementTimeout = .zero }
            let identifier = try await pool.query(Self.processID)[0].int(at: 0)
            let slow = begin { try await pool.query(Self.sleep, [600], timeout: .seconds(5)).count }
            let patient = begin { try await pool.query(QueryTests.echo, [7], timeout: .seconds(60))[0].int(at: 0) }
            try await Observer.shared.waitUntilAsleep(identifier)
            timing.advance(by: .seconds(5))
            let error = await failure { _ = try await slow.value }
            #expect(error?.kind == .timedOut)
            #expect(error?.mayHaveTakenEffect == true)
            #expect(error?.statement == "sleep")
            let isCancelled = try await Observer.shared.wakes(identifier)
            #expect(isCancelled)
            // Without a cancellation this gives the connection up, and what waits behind fails.
            if !isCancelled { timing.advance(by: .seconds(2)) }
            let answer = try await patient.value
            #expect(answer == 7)
            let after = try await pool.query(Self.processID)[0].int(at: 0)
            #expect(after == identifier)
            #expect(pool.statistics.cancels == 1)
            #expect(pool.statistics.connects == 1)
            await pool.stop()
        }
    }

    @Test func `a statement that was never sent times out without effect`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = try await startedPool(timing) { $0.maximumInFlight = 1 }
            let identifier = try await pool.query(Self.processID)[0].int(at: 0)
            let slow = begin { try await pool.query(Self.sleep, [600], timeout: .seconds(60)).count }
            let waiting = begin { try await pool.query(QueryTests.echo, [7], timeout: .milliseconds(300)).count }
            #expect(pool.statistics.waiting == 1)
            timing.advance(by: .milliseconds(300))
            let error = await failure { _ = try await waiting.value }
            #expect(error?.kind == .timedOut)
            #expect(error?.mayHaveTakenEffect == false)
            #expect(pool.statistics.waiting == 0)
            #expect(pool.statistics.cancels == 0)
            try await Observer.shared.cancel(identifier)
            _ = await failure { _ = try await slow.value }
            await pool.stop()
        }
    }

    @Test func `statements behind a cancelled one that nobody waits for are cancelled in turn`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = try await startedPool(timing)
            let identifier = try await pool.query(Self.processID)[0].int(at: 0)
            let tasks = (0..<2).map { _ in
                begin { try await pool.query(Self.sleep, [600], timeout: .seconds(5)).count }
            }
            try await Observer.shared.waitUntilAsleep(identifier)
            timing.advance(by: .seconds(5))
            for task in tasks {
                let error = await failure { _ = try await task.value }
                #expect(error?.kind == .timedOut)
            }
            // The second sleeps now; its turn to be cancelled or its connection's end comes within the grace.
            let later = begin { try await pool.query(QueryTests.echo, [7], timeout: .seconds(60))[0].int(at: 0) }
            while pool.statistics.inFlight > 0, pool.statistics.disconnects == 0 {
                timing.advance(by: .milliseconds(250))
                _ = try await Observer.shared.isAsleep(identifier)
            }
            let up = Occurrences()
            pool.onStateChange = { if $0 { up.note() } }
            if !pool.isUp {
                timing.advance(by: .milliseconds(100))
                await up.reach(1)
            }
            let answer = try await later.value
            #expect(answer == 7)
            await pool.stop()
        }
    }

    @Test func `a full queue refuses at once`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let pool = try await startedPool(timing) {
                $0.maximumInFlight = 1
                $0.maximumWaiting = 2
            }
            let identifier = try await pool.query(Self.processID)[0].int(at: 0)
            let slow = begin { try await pool.query(Self.sleep, [600], timeout: .seconds(60)).count }
            let waiting = (0..<2).map { _ in begin { try await pool.query(QueryTests.echo, [1]).count } }
            let error = await failure { _ = try await pool.query(QueryTests.echo, [2]) }
            #expect(error?.kind == .overloaded)
            #expect(error?.mayHaveTakenEffect == false)
            #expect(pool.statistics.overloaded == 1)
            try await Observer.shared.cancel(identifier)
            let cancelled = await failure { _ = try await slow.value }
            #expect(cancelled?.state == "57014")
            for task in waiting { _ = try await task.value }
            await pool.stop()
        }
    }

    @Test func `the server's own statement timeout stands behind the deadlines`() async throws {
        var short = try configuration()
        short.statementTimeout = .milliseconds(20)
        try await withPool(short) { pool in
            let error = await failure { _ = try await pool.query(Self.sleep, [600], timeout: .seconds(60)) }
            #expect(error?.kind == .sql)
            #expect(error?.state == "57014")
            let answer = try await pool.query(QueryTests.echo, [7])[0].int(at: 0)
            #expect(answer == 7)
        }
    }
}
