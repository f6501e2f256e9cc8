import Domain
import Postgres
import Store
import TestSupport
import Testing

struct IdempotencyTests {
    @Test func `the same key and body get the first answer byte for byte`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: 10)
            let first = try await shop.store.place(try shop.newOrder(soup, key: "a"))
            let order = try #require(first.orderID)
            #expect(try await shop.move(order, to: .cancelled, actor: .customer, shop.customer).isDone)
            let again = try await shop.store.place(try shop.newOrder(soup, key: "a"))
            #expect(again.isReplayed && again.isDone)
            #expect(again.json == first.json)
            #expect(again.detail == first.detail)
            #expect(again.status == 202)
            #expect(again.version == 2)
            #expect(again.events.isEmpty)
            #expect(try shop.sql("SELECT count(*) FROM orders") == "1")
        }
    }

    @Test func `another body, another customer, a refused answer`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: 1)
            #expect(try await shop.store.place(try shop.newOrder(soup, quantity: 2, key: "a")).refusal == .outOfStock)
            // What committed nothing is not kept: the key is still free.
            #expect(try await shop.store.place(try shop.newOrder(soup, key: "a")).isDone)
            let other = try await shop.store.place(try shop.newOrder(soup, key: "a", body: [2]))
            #expect(other.refusal == .idempotencyKeyReused)
            var stranger = try shop.newOrder(soup, key: "a")
            stranger.customerID = try await Shop.account(shop.store, .customer)
            #expect(try await shop.store.place(stranger).refusal == .outOfStock)
        }
    }

    @Test func `while the first still runs on another node the second is told so`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: 10)
            let other = PostgresPool(try configuration(of: shop.database))
            other.start()
            let lock = PostgresStatement("lock_products", "SELECT 1 FROM products FOR UPDATE")
            let waiting = """
                SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database()
                """
            let first = try await other.transaction(timeout: .seconds(30)) { transaction in
                _ = try await transaction.query(lock)
                let first = try shop.newOrder(soup, key: "a")
                let task = begin { try await shop.store.place(first) }
                // The first waits for the product; it holds the key.
                try await until("the first waits") { try shop.sql(waiting) != "0" }
                let second = try await shop.store.place(try shop.newOrder(soup, key: "a"))
                #expect(second.refusal == .idempotencyInProgress)
                return task
            }
            #expect(try await first.value.isDone)
            await other.stop()
        }
    }

    @Test func `many at once under one key make one order`() async throws {
        try await withShop(connections: 8) { shop in
            let soup = try await shop.product(stock: 100)
            let tasks = try (0..<30).map { _ in
                let order = try shop.newOrder(soup, key: "a")
                return begin { try await shop.store.place(order) }
            }
            for task in tasks {
                let change = try await task.value
                #expect(change.isDone || change.refusal == .idempotencyInProgress)
            }
            #expect(try shop.sql("SELECT count(*), (SELECT stock FROM products) FROM orders") == "1|99")
        }
    }

    @Test func `an answer to what is done elsewhere is kept once, and given to whoever repeats it`() async throws {
        try await withShop(connections: 8) { shop in
            let key = IdempotencyKey(route: "POST /notifications", key: "a", bodyHash: [1])
            let tasks = (0..<30).map { number in
                begin {
                    try await shop.store.keepAnswer(
                        Array(#"{"n":\#(number),"text":"é\u0000"}"#.utf8), status: 200, of: shop.customer, under: key)
                }
            }
            var made: [Change] = []
            for task in tasks {
                let change = try await task.value
                if change.isDone { made.append(change) } else { #expect(change.refusal == .idempotencyInProgress) }
            }
            #expect(made.filter { !$0.isReplayed }.count == 1)
            #expect(Set(made.map { text($0.json) }).count == 1)
            #expect(made.allSatisfy { $0.status == 200 && $0.detail == nil })
            let other = IdempotencyKey(route: key.route, key: "a", bodyHash: [2])
            let refused = try await shop.store.keepAnswer([0x7B, 0x7D], status: 200, of: shop.customer, under: other)
            #expect(refused.refusal == .idempotencyKeyReused)
            let strangers = try await shop.store.keepAnswer([0x7B, 0x7D], status: 200, of: shop.owner, under: other)
            #expect(strangers.isDone && !strangers.isReplayed)
        }
    }

    @Test func `a day later the key is free again`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: nil)
            #expect(try await shop.store.place(try shop.newOrder(soup, key: "a")).isDone)
            _ = try shop.sql("UPDATE idempotency_keys SET expires_at = clock_timestamp()")
            let next = try await shop.store.place(try shop.newOrder(soup, key: "a", body: [2]))
            #expect(next.isDone && !next.isReplayed)
            _ = try shop.sql("UPDATE idempotency_keys SET expires_at = clock_timestamp()")
            #expect(try await shop.store.sweepExpired(limit: 10) == 1)
        }
    }
}
