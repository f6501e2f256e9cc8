public import Domain
import EventLoop
import Postgres

extension Store {
    private static let add = PostgresStatement("add_job", "SELECT add_job($1, $2, $3, $4, $5, $6)")
    private static let claim = PostgresStatement.rows("claim_jobs", 4)
    private static let finish = PostgresStatement.value("finish_jobs", 2)
    private static let fail = PostgresStatement.value("fail_job", 4)
    private static let retry = PostgresStatement.value("retry_job", 2)
    private static let list = PostgresStatement.value("list_jobs", 4)
    private static let counts = PostgresStatement.rows("queue_counts", 0)

    /// The queue of `withdrawOffer`: payload `{"driverId", "reason"}`, key the driver's id.
    public static let offerWithdrawalQueue = "offers.withdraw"

    /// Adds a job by itself; most are added in the transaction that causes them.
    public func addJob(
        _ id: UUID16, queue: String, key: String?, payload: [UInt8], delaySeconds: Double = 0, correlationID: String
    ) async throws(StoreError) {
        _ = try await rows(
            Self.add,
            [.id(id), .text(queue), .text(key), .json(payload), .double(delaySeconds), .text(correlationID)])
    }

    /// Claims due jobs, of each key only the head of its line. Who does not finish in time loses it to another.
    public func claimJobs(
        queues: [String], limit: Int, leaseSeconds: Double, node: String
    ) async throws(StoreError) -> [ClaimedJob] {
        let rows = try await rows(Self.claim, [.texts(queues), .int(limit), .double(leaseSeconds), .text(node)])
        return try decoding { () throws(PostgresError) in
            var jobs: [ClaimedJob] = []
            for row in rows {
                jobs.append(
                    ClaimedJob(
                        id: try row.id("id"), queue: try row.text("queue"), key: try row.textIfPresent("key"),
                        payload: try row.bytes("payload"), attempt: Int(try row.int("attempt")),
                        correlationID: try row.textIfPresent("correlation_id") ?? ""))
            }
            return jobs
        }
    }

    /// Ends jobs that were done. Returns how many were still the caller's.
    @discardableResult
    public func finishJobs(_ jobs: [ClaimedJob]) async throws(StoreError) -> Int {
        guard !jobs.isEmpty else { return 0 }
        let rows = try await rows(Self.finish, [.ids(jobs.map(\.id)), .ints(jobs.map { Int64($0.attempt) })])
        return try decoding { () throws(PostgresError) in Int(try rows[0].int("json")) }
    }

    /// Notes a failure; `retrySeconds` nil: it was the last attempt, and the job is dead. False when it is no longer the
    /// caller's.
    @discardableResult
    public func failJob(
        _ job: ClaimedJob, error: String, retrySeconds: Double?
    ) async throws(StoreError) -> Bool {
        try await flag(Self.fail, [.id(job.id), .int(job.attempt), .text(error), .double(retrySeconds)])
    }

    /// Starts a dead job anew, and returns it. Nil when there is none such.
    public func retryJob(_ id: UUID16, queue: String) async throws(StoreError) -> [UInt8]? {
        try await json(Self.retry, [.id(id), .text(queue)])
    }

    /// A page of a queue, in line order; `state` nil: any.
    public func listJobs(
        queue: String, state: JobState? = nil, cursor: String? = nil, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        try await page(
            Self.list, [.text(queue), .text(state?.rawValue), .int(try Cursor.position(cursor)), .int(limit)])
    }

    /// Of every queue that holds jobs.
    public func queueCounts() async throws(StoreError) -> [QueueCounts] {
        let rows = try await rows(Self.counts, [])
        return try decoding { () throws(PostgresError) in
            var counts: [QueueCounts] = []
            for row in rows {
                counts.append(
                    QueueCounts(
                        queue: try row.text("queue"), ready: Int(try row.int("ready")),
                        running: Int(try row.int("running")), dead: Int(try row.int("dead"))))
            }
            return counts
        }
    }
}
