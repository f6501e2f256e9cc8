import Domain
import EventLoop
import Services
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct JobsTests {
    /// A handler that fails as often as it is told to, and counts.
    @Loop
    private final class Work {
        var failures: Int
        private(set) var keys: [String] = []
        private(set) var runs = 0

        init(failures: Int = 0) { self.failures = failures }

        func run(_ job: ClaimedJob) throws(JobFailure) {
            runs += 1
            if failures > 0 {
                failures -= 1
                throw JobFailure("not yet")
            }
            keys.append(String(decoding: job.payload, as: UTF8.self))
        }
    }

    @Loop
    private static func add(_ town: Town, _ payload: String, key: String? = nil) async throws -> UUID16 {
        let id = IdentifierSource(timing: SystemTiming.shared).next()
        try await town.store.addJob(
            id, queue: "test", key: key, payload: Array(payload.utf8), correlationID: "corr")
        return id
    }

    /// Looks at the table until a statement says what it should.
    @Loop
    private static func until(_ town: Town, _ statement: String, is expected: String) async throws {
        while try await town.sql(statement) != expected { _ = await town.store.ping(timeout: .seconds(5)) }
    }

    @Test func `jobs of one key run in order and are gone when done`() async throws {
        try await withTown { town in
            let work = Work()
            town.dispatch.jobs.handle("test", JobHandler { job throws(JobFailure) in try work.run(job) })
            for number in 1...5 { _ = try await Self.add(town, String(number), key: "k") }
            town.dispatch.jobs.start()
            try await Self.until(town, "SELECT count(*) FROM jobs", is: "0")
            #expect(work.keys == ["1", "2", "3", "4", "5"])
        }
    }

    @Test func `a failed job is tried again later and ends as a dead row that an admin can retry`() async throws {
        try await withTown { town in
            let work = Work(failures: 2)
            town.dispatch.jobs.handle(
                "test", JobHandler(attempts: 2) { job throws(JobFailure) in try work.run(job) })
            let id = try await Self.add(town, "{}")
            town.dispatch.jobs.start()
            try await Self.until(
                town, "SELECT state, attempt, last_error, run_at > clock_timestamp() FROM jobs",
                is: "READY|1|not yet|t")
            try await town.sql("UPDATE jobs SET run_at = now()")
            town.dispatch.jobs.wake()
            try await Self.until(town, "SELECT state, attempt FROM jobs", is: "DEAD|2")

            let queues = String(decoding: try await town.dispatch.jobAdministration.queues(), as: UTF8.self)
            #expect(queues.contains(#"{"name":"test","ready":0,"running":0,"dead":1}"#))
            #expect(queues.contains(#""name":"offers.withdraw""#))
            let dead = String(
                decoding: try await town.dispatch.jobAdministration.list(
                    queue: "test", state: .dead, cursor: nil, limit: 10), as: UTF8.self)
            #expect(dead.contains(id.description))
            let retried = try await town.dispatch.jobAdministration.retry(id, queue: "test")
            #expect(String(decoding: retried, as: UTF8.self).contains("\"state\":\"READY\""))
            try await Self.until(town, "SELECT count(*) FROM jobs", is: "0")
            #expect(work.runs == 3)
        }
    }

    @Test func `what is not there cannot be retried`() async throws {
        try await withTown { town in
            let administration = town.dispatch.jobAdministration
            let id = try await Self.add(town, "{}")
            await #expect(throws: ServiceError.notFound) { try await administration.retry(id, queue: "test") }
            await #expect(throws: ServiceError.notFound) {
                try await administration.list(queue: "none", state: nil, cursor: nil, limit: 1)
            }
        }
    }

    @Test func `the job of a dead node is taken over, and what that node says then counts for nothing`() async throws {
        try await withTown { town in
            let work = Work()
            town.dispatch.jobs.handle("test", JobHandler { job throws(JobFailure) in try work.run(job) })
            _ = try await Self.add(town, "{}")
            let taken = try await town.store.claimJobs(
                queues: ["test"], limit: 1, leaseSeconds: 60, node: "node-2")
            #expect(taken.count == 1)
            town.dispatch.jobs.start()
            try await town.sql("UPDATE jobs SET run_at = now(), lease_until = now()")
            town.dispatch.jobs.wake()
            try await Self.until(town, "SELECT count(*) FROM jobs", is: "0")
            #expect(work.runs == 1)
            #expect(try await town.store.finishJobs(taken) == 0)
            #expect(try await town.store.failJob(taken[0], error: "late", retrySeconds: 1) == false)
        }
    }
}
