import Domain
import Store
import TestSupport
import Testing

struct PlaceOrderTests {
    @Test func `an order is priced by the catalogue and enters matching with two events`() async throws {
        try await withShop { shop in
            let order = try shop.newOrder(try await shop.product(stock: 10, price: 250), quantity: 3)
            let change = try await shop.store.place(order)
            #expect(change.refusal == nil)
            #expect(change.version == 2)
            #expect(change.status == 202)
            #expect(change.detail == order.location)
            #expect(text(change.json).contains(#""total":750,"currency":"EUR""#))
            #expect(change.events.map(\.type) == ["order.created", "order.matching"])
            #expect(change.events.map(\.seq) == [1, 2])
            #expect(change.events.map(\.status) == ["PENDING", "MATCHING"])
            #expect(change.events.allSatisfy { $0.correlationID == "corr" && $0.customerID == shop.customer })
            #expect(try shop.sql("SELECT stock FROM products") == "7")
        }
    }

    @Test func `what cannot be sold is named, and nothing is written`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: 2)
            let tooMuch = try await shop.store.place(try shop.newOrder(soup, quantity: 3))
            #expect(tooMuch.refusal == .outOfStock)
            #expect(tooMuch.detail == "Soup")
            #expect(tooMuch.itemIndex == 0)
            var twice = try shop.newOrder(soup, quantity: 1)
            twice.items = [.init(productID: soup, quantity: 1), .init(productID: soup, quantity: 2)]
            #expect(try await shop.store.place(twice).refusal == .outOfStock)
            #expect(try await shop.store.place(try shop.newOrder(newID())).refusal == .productNotFound)
            var elsewhere = try shop.newOrder(soup)
            elsewhere.merchantID = newID()
            #expect(try await shop.store.place(elsewhere).refusal == .merchantNotFound)
            _ = try await shop.store.updateProduct(soup, of: shop.merchant, ProductChanges(isAvailable: false))
            #expect(try await shop.store.place(try shop.newOrder(soup)).refusal == .productUnavailable)
            #expect(try shop.sql("SELECT count(*) FROM orders") == "0")
            #expect(try shop.sql("SELECT stock FROM products") == "2")
        }
    }

    @Test func `fifty orders at once for ten pieces sell exactly ten`() async throws {
        try await withShop(connections: 8) { shop in
            let soup = try await shop.product(stock: 10)
            let tasks = try (0..<50).map { _ in
                let order = try shop.newOrder(soup)
                return begin { try await shop.store.place(order).refusal }
            }
            var refusals: [Refusal?] = []
            for task in tasks { refusals.append(try await task.value) }
            #expect(refusals.count { $0 == nil } == 10)
            #expect(refusals.count { $0 == .outOfStock } == 40)
            #expect(try shop.sql("SELECT stock FROM products") == "0")
        }
    }

    @Test func `a cancelled order returns what was kept, once`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: 5)
            let bread = try await shop.product(stock: nil)
            var order = try shop.newOrder(soup, quantity: 2)
            order.items.append(.init(productID: bread, quantity: 4))
            #expect(try await shop.store.place(order).isDone)
            // It began to be counted only after the order: nothing of it was kept.
            _ = try await shop.store.updateProduct(bread, of: shop.merchant, ProductChanges(stock: .some(1)))
            let cancelled = try await shop.move(order.id, to: .cancelled, actor: .customer, shop.customer)
            #expect(cancelled.events.map(\.type) == ["order.cancelled"])
            #expect(try shop.sql("SELECT stock FROM products ORDER BY id") == "5\n1")
            let again = try await shop.store.transition(
                order.id, version: 2, to: .cancelled, actor: .customer, actorID: shop.customer, correlationID: "c")
            #expect(again.refusal == .conflictVersion)
            #expect(again.version == 3)
        }
    }
}
