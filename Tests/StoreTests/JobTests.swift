import Domain
import EventLoop
import Store
import TestSupport
import Testing

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
            #expect(try await Self.claim(shop).map(\.id) == [next])
            #expect(try await shop.store.retryJob(id, queue: "mail") != nil)
            #expect(try await shop.store.retryJob(id, queue: "mail") == nil)
            #expect(try await Self.claim(shop).isEmpty)
            _ = try shop.sql("DELETE FROM jobs WHERE id = '\(next)'")
            #expect(try await Self.claim(shop).map(\.attempt) == [1])
        }
    }
}
