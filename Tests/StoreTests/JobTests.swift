import Domain
import EventLoop
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct JobTests {
    @Loop
    static func claim(_ shop: Shop) async throws -> [ClaimedJob] {
        try await shop.store.claimJobs(queues: ["mail"], limit: 10, leaseSeconds: 30, node: "n")
    }

    @Loop
    static func add(_ shop: Shop, key: String? = nil) async throws -> UUID16 {
        let id = newID()
        try await shop.store.addJob(
            id, queue: "mail", key: key, payload: Array(#"{"to":"x"}"#.utf8), correlationID: "corr")
        return id
    }

    @Test func `a claimed job is nobody else's until its lease ends, and then the first worker's no more`() async throws
    {
        try await withShop { shop in
            let id = try await Self.add(shop)
            let first = try await Self.claim(shop)
            #expect(first.map(\.id) == [id])
            #expect(first[0].attempt == 1)
            #expect(first[0].correlationID == "corr")
            #expect(text(first[0].payload) == #"{"to":"x"}"#)
            #expect(try await Self.claim(shop).isEmpty)
            _ = try shop.sql("UPDATE jobs SET run_at = clock_timestamp()")
            let second = try await Self.claim(shop)
            #expect(second.map(\.attempt) == [2])
            #expect(try await shop.store.finishJobs(first) == 0)
            #expect(try await !shop.store.failJob(first[0], error: "late", retrySeconds: 1))
            #expect(try await shop.store.finishJobs(second) == 1)
            #expect(try shop.sql("SELECT count(*) FROM jobs") == "0")
        }
    }

    @Test func `of one key only the head of the line is given out`() async throws {
        try await withShop { shop in
            let a1 = try await Self.add(shop, key: "a")
            let a2 = try await Self.add(shop, key: "a")
            let b1 = try await Self.add(shop, key: "b")
            let loose = [try await Self.add(shop), try await Self.add(shop)]
            let first = try await Self.claim(shop)
            #expect(Set(first.map(\.id)) == Set([a1, b1] + loose))
            // Its head failed and waits: the line waits with it.
            let head = try #require(first.first { $0.id == a1 })
            #expect(try await shop.store.failJob(head, error: "no", retrySeconds: 100))
            #expect(try await Self.claim(shop).isEmpty)
            _ = try shop.sql("UPDATE jobs SET run_at = clock_timestamp() WHERE id = '\(a1)'")
            let again = try await Self.claim(shop)
            #expect(again.map(\.id) == [a1])
            #expect(try await shop.store.finishJobs(again) == 1)
            #expect(try await Self.claim(shop).map(\.id) == [a2])
        }
    }

    @Test func `the last failure leaves a dead job, which can be started anew`() async throws {
        try await withShop { shop in
            let id = try await Self.add(shop, key: "a")
            let job = try #require(try await Self.claim(shop).first)
            #expect(try await shop.store.failJob(job, error: "gone", retrySeconds: nil))
            #expect(try await Self.claim(shop).isEmpty)
            #expect(try await shop.store.queueCounts().map(\.dead) == [1])
            let list = text(try await shop.store.listJobs(queue: "mail", state: .dead, limit: 10))
            #expect(list.contains(#""state":"DEAD","attempt":1"#))
            #expect(list.contains(#""lastError":"gone""#))
            // The dead do not hold up the line; started anew it stands at its end.
            let next = try await Self.add(shop, key: "a")
            let second = try await Self.claim(shop)
            #expect(second.map(\.id) == [next])
            #expect(try await shop.store.retryJob(id, queue: "mail") != nil)
            #expect(try await shop.store.retryJob(id, queue: "mail") == nil)
            #expect(try await Self.claim(shop).isEmpty)
            #expect(try await shop.store.finishJobs(second) == 1)
            #expect(try await Self.claim(shop).map(\.attempt) == [1])
        }
    }

    @Test func `the next of a line is due as soon as its head has ended, well or for good`() async throws {
        try await withShop { shop in
            let line = [try await Self.add(shop, key: "a"), try await Self.add(shop, key: "a")]
            let last = newID()
            try await shop.store.addJob(
                last, queue: "mail", key: "a", payload: Array("{}".utf8), delaySeconds: 100, correlationID: "corr")
            for (index, id) in line.enumerated() {
                let claimed = try await Self.claim(shop)
                #expect(claimed.map(\.id) == [id])
                // What stands behind is met, and parked.
                #expect(try await Self.claim(shop).isEmpty)
                if index == 0 {
                    #expect(try await shop.store.finishJobs(claimed) == 1)
                } else {
                    #expect(try await shop.store.failJob(claimed[0], error: "no", retrySeconds: nil))
                }
            }
            // The last is at the head now, and still not due.
            #expect(try await Self.claim(shop).isEmpty)
            _ = try shop.sql("UPDATE jobs SET run_at = clock_timestamp() WHERE id = '\(last)'")
            #expect(try await Self.claim(shop).map(\.id) == [last])
        }
    }

    @Test func `a parked job shows when it is due by itself`() async throws {
        try await withShop { shop in
            _ = try await Self.add(shop, key: "a")
            _ = try await Self.add(shop, key: "a")
            _ = try await Self.claim(shop)
            #expect(try shop.sql("SELECT count(*) FROM jobs WHERE due_at IS NOT NULL AND run_at > due_at") == "1")
            #expect(
                try shop.sql(
                    "SELECT (job_json(j)::json ->> 'runAt')::timestamptz < now() FROM jobs j WHERE due_at IS NOT NULL")
                    == "t")
        }
    }

    @Test func `workers side by side do every line in its order, and leave nothing behind`() async throws {
        try await withShop(connections: 6) { shop in
            _ = try shop.sql(
                """
                INSERT INTO jobs (id, queue, key, payload) SELECT uuid_v7(), 'mail', 'line ' || i % 20, to_json(i)
                FROM generate_series(1, 600) i ORDER BY i;
                """)
            let record = Record()
            let workers = (0..<6).map { _ in
                begin {
                    while record.count < 600 {
                        let jobs = try await Self.claim(shop)
                        for job in jobs { record.done[job.key ?? "", default: []].append(Int(text(job.payload)) ?? 0) }
                        #expect(try await shop.store.finishJobs(jobs) == jobs.count)
                    }
                }
            }
            for worker in workers { try await worker.value }
            #expect(try shop.sql("SELECT count(*) FROM jobs") == "0")
            #expect(record.done.count == 20)
            for numbers in record.done.values { #expect(numbers.count == 30 && numbers == numbers.sorted()) }
        }
    }

    /// What workers have done, by key.
    @Loop
    private final class Record {
        var done: [String: [Int]] = [:]
        var count: Int { done.values.reduce(0) { $0 + $1.count } }
    }

    /// `key`: SQL of each job's, by its number `i`.
    @Test(arguments: ["NULL", "'one line'", "'line ' || i % 1000", "'own line ' || i"])
    func `a look meets few jobs, however many are due`(key: String) async throws {
        try await withShop { shop in
            _ = try shop.sql(
                """
                INSERT INTO jobs (id, queue, key, payload, run_at)
                SELECT uuid_v7(), 'mail', \(key), '{}', clock_timestamp() - interval '1 s' FROM generate_series(1, 40000) i;
                ANALYZE jobs;
                """)
            for _ in 0..<3 {
                let answer = try shop.sql(
                    """
                    BEGIN;
                    SELECT count(*) FROM claim_jobs(ARRAY['mail', 'none'], 50, 30, 'n');
                    SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'jobs';
                    COMMIT;
                    """)
                let numbers = answer.split(whereSeparator: \.isNewline).compactMap { Int($0) }
                #expect(numbers.count == 2)
                #expect(numbers[0] == 50 || key == "'one line'")
                // Four times 256 at most, and for each its line's head twice, and its row twice.
                #expect(numbers[1] <= 4 * 256 * 8, "\(answer)")
            }
        }
    }
}
