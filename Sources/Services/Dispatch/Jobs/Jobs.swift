import Domain
public import EventLoop
import Store
import Telemetry

/// Does due jobs (protocols 3.2): claims a batch under a lease, runs each job's handler, and ends or defers it.
///
/// A node that dies leaves its jobs to the others when their lease is over; whoever was only slow changes nothing then, for
/// ends and failures count for the attempt that made them. So a job may run twice, and its handler must bear that. `wake`
/// makes it sooner; the sweep finds what is due anyway.
@Loop
public final class Jobs: BackgroundService {
    /// How long a claimed job is this node's.
    public static let lease: Duration = .seconds(30)
    /// Between two looks without a wake-up.
    public static let sweepInterval: Duration = .milliseconds(500)
    /// Jobs claimed at once, and so under way at once: they share the database with what users wait for.
    static let batchSize = 8
    /// Before the second try, doubling up to ten minutes.
    static let backoff = Backoff(baseSeconds: 1, maximumSeconds: 600)

    /// Since the start.
    public private(set) var statistics = JobStatistics()

    private let store: Store
    private let node: String
    private let log: Log
    private let jitter: @Loop () -> Double
    private var handlers: [String: JobHandler] = [:]
    private var sweeper: Recurring!

    init(
        store: Store, node: String, timing: any Timing, log: Log,
        jitter: @escaping @Loop () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.store = store
        self.node = node
        self.log = log
        self.jitter = jitter
        sweeper = Recurring(every: Self.sweepInterval, timing: timing) { [weak self] in await self?.sweep() }
    }

    /// Says how a queue's jobs are done; before `start`. Jobs of queues without a handler wait for a node that has one.
    public func handle(_ queue: String, _ handler: JobHandler) { handlers[queue] = handler }

    public func start() { sweeper.start() }

    public func stop() async { await sweeper.stop() }

    /// Jobs may be due: looks now. Never waits.
    public func wake() { sweeper.wake() }

    var queues: [String] { handlers.keys.sorted() }

    private func sweep() async {
        while true {
            let jobs: [ClaimedJob]
            do throws(StoreError) {
                jobs = try await store.claimJobs(
                    queues: queues, limit: Self.batchSize, leaseSeconds: Self.lease / .seconds(1), node: node)
            } catch {
                return
            }
            guard !jobs.isEmpty else { return }
            statistics.running = jobs.count
            let tasks = jobs.map { job in Loop.start { [self] in await run(job) } }
            for task in tasks { await task.value }
            statistics.running = 0
        }
    }

    private func run(_ job: ClaimedJob) async {
        guard let handler = handlers[job.queue] else { return }
        let log = log.with(correlationID: job.correlationID)
        do throws(JobFailure) {
            try await handler.run(job)
        } catch {
            return await failed(job, handler, error, log)
        }
        do throws(StoreError) {
            guard try await store.finishJobs([job]) == 1 else { return }
            statistics.done += 1
            log.debug("job.done", ["queue": .string(job.queue), "jobId": .string(job.id.description)])
        } catch {
            // It runs again when its lease is over.
            return
        }
    }

    private func failed(_ job: ClaimedJob, _ handler: JobHandler, _ failure: JobFailure, _ log: Log) async {
        let isLast = job.attempt >= handler.attempts
        let wait = isLast ? nil : Self.backoff.seconds(afterFailures: job.attempt, jitter: jitter())
        statistics.failed += 1
        if isLast { statistics.dead += 1 }
        log.warning(
            isLast ? "job.dead" : "job.failed",
            [
                "queue": .string(job.queue), "jobId": .string(job.id.description), "attempt": LogValue(job.attempt),
                "reason": .string(failure.reason),
            ])
        // Should this be lost too, the job runs again when its lease is over.
        _ = try? await store.failJob(job, error: failure.reason, retrySeconds: wait)
    }
}
