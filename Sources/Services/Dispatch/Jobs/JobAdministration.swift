public import Domain
public import EventLoop
public import Store
import Wire

/// What an ADMIN sees of the queues and may do to them.
@Loop
public final class JobAdministration {
    private let store: Store
    private let jobs: Jobs

    init(store: Store, jobs: Jobs) {
        self.store = store
        self.jobs = jobs
    }

    /// Every queue that has a handler here or holds jobs, as `{"data": [{name, ready, running, dead}], "nextCursor": null}`.
    public func queues() async throws(ServiceError) -> [UInt8] {
        let counts = try await counts()
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("data") { writer in
                writer.array { writer in
                    for queue in Set(jobs.queues).union(counts.keys).sorted() {
                        let count = counts[queue]
                        writer.object {
                            $0.field("name", queue)
                            $0.field("ready", count?.ready ?? 0)
                            $0.field("running", count?.running ?? 0)
                            $0.field("dead", count?.dead ?? 0)
                        }
                    }
                }
            }
            writer.nullField("nextCursor")
        }
        return writer.bytes
    }

    /// A page of a queue's jobs, in line order; `state` nil: any.
    ///
    /// - Throws: `NOT_FOUND` when there is no such queue.
    public func list(
        queue: String, state: JobState?, cursor: String?, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        try await check(queue)
        return try await storing { () async throws(StoreError) in
            try await store.listJobs(queue: queue, state: state, cursor: cursor, limit: limit)
        }
    }

    /// Starts a dead job anew, and returns it.
    ///
    /// - Throws: `NOT_FOUND` when the queue has no dead job of that id.
    public func retry(_ id: UUID16, queue: String) async throws(ServiceError) -> [UInt8] {
        let job = try await storing { () async throws(StoreError) in try await store.retryJob(id, queue: queue) }
        guard let job else { throw .notFound }
        jobs.wake()
        return job
    }

    private func check(_ queue: String) async throws(ServiceError) {
        if jobs.queues.contains(queue) { return }
        guard try await counts()[queue] != nil else { throw .notFound }
    }

    private func counts() async throws(ServiceError) -> [String: QueueCounts] {
        let counts = try await storing { () async throws(StoreError) in try await store.queueCounts() }
        return Dictionary(uniqueKeysWithValues: counts.map { ($0.queue, $0) })
    }
}
