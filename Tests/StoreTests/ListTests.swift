import Domain
import EventLoop
import Foundation
import Store
import TestSupport
import Testing

struct ListTests {
    static func object(_ json: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
    }

    @Test func `an order has the contract's shape, whatever its texts hold`() async throws {
        try await withShop { shop in
            var order = try shop.newOrder(try await shop.product(stock: nil))
            order.dropoffAddress = "1 \"Rue\" \\ \n \u{1F35C} \u{2028}"
            order.dropoffContact = Array(#"{"phone":"+33"}"#.utf8)
            order.metadata = Array(#"{"b":"1","a":"2"}"#.utf8)
            order.externalID = "</script>"
            let change = try await shop.store.place(order)
            let object = try Self.object(change.json)
            #expect(
                Set(object.keys) == [
                    "id", "shortCode", "status", "version", "fulfilment", "payment", "total", "currency", "items",
                    "merchantId", "customerId", "driverId", "pickup", "dropoff", "preparation", "externalId",
                    "metadata", "createdAt", "updatedAt",
                ])
            let dropoff = try #require(object["dropoff"] as? [String: Any])
            #expect(dropoff["address"] as? String == order.dropoffAddress)
            #expect((dropoff["contact"] as? [String: String])?["phone"] == "+33")
            #expect(dropoff["lat"] as? Double == 48.86)
            #expect(object["externalId"] as? String == "</script>")
            #expect(object["driverId"] is NSNull)
            #expect(text(change.json).contains(#""metadata":{"b":"1","a":"2"}"#))
            let created = try #require(object["createdAt"] as? String)
            #expect(created.count == 24 && created.hasSuffix("Z"))

            let event = try Self.object(change.events[0].json)
            #expect(Set(event.keys).isSuperset(of: ["orderId", "seq", "type", "status", "at", "actor", "data"]))
            #expect((event["actor"] as? [String: Any])?["kind"] as? String == "CUSTOMER")
        }
    }

    @Test func `orders are listed newest first, to whom they belong, page by page`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: nil)
            var orders: [UUID16] = []
            for _ in 0..<5 { orders.append(try await shop.order(soup)) }
            let driver = try await shop.driver()
            try await shop.match(orders[2])
            #expect(try await shop.accept(orders[2], driver).isDone)
            func ids(_ account: UUID16, _ role: Role, _ statuses: [OrderStatus] = []) async throws -> [String] {
                var ids: [String] = []
                var cursor: String?
                repeat {
                    let page = try Self.object(
                        try await shop.store.listOrders(
                            account: account, role: role, statuses: statuses, cursor: cursor, limit: 2))
                    let data = try #require(page["data"] as? [[String: Any]])
                    #expect(data.count <= 2)
                    ids += data.compactMap { $0["id"] as? String }
                    cursor = page["nextCursor"] as? String
                } while cursor != nil
                return ids
            }
            let newest = orders.reversed().map(\.description)
            #expect(try await ids(shop.customer, .customer) == newest)
            #expect(try await ids(shop.owner, .merchant) == newest)
            #expect(try await ids(newID(), .admin) == newest)
            #expect(try await ids(driver, .driver) == [newest[2]])
            #expect(try await ids(newID(), .customer).isEmpty)
            #expect(try await ids(shop.customer, .customer, [.accepted]) == [newest[2]])
            #expect(try await ids(newID(), .admin, [.accepted]) == [newest[2]])
            #expect(try await ids(shop.owner, .merchant, [.accepted, .matching]) == newest)
            let refused = try await failure {
                _ = try await shop.store.listOrders(account: driver, role: .driver, cursor: "x' OR 1=1", limit: 1)
            }
            #expect(refused?.kind == .invalidCursor)
        }
    }

    @Test func `what is typed is looked for as it is, not as a pattern`() async throws {
        try await withShop { shop in
            _ = try await shop.product(stock: nil)
            func found(_ query: String) async throws -> Int {
                let page = try Self.object(try await shop.store.listProducts(query: query, limit: 10))
                return try #require(page["data"] as? [Any]).count
            }
            #expect(try await found("sou") == 1)
            #expect(try await found("s_up") == 0)
            #expect(try await found("%") == 0)
            #expect(try await found("\\") == 0)
            #expect(try await found("'; DROP TABLE products; --") == 0)
        }
    }

    @Test func `who belongs to an order stands in its view`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            try await shop.match(order)
            func parties(_ account: UUID16, _ role: Role) async throws -> OrderParties {
                let view = try await shop.store.order(order, for: account)
                return try #require(view).parties(of: account, role: role)
            }
            #expect(try await parties(shop.customer, .customer) == .customer)
            #expect(try await parties(shop.owner, .merchant) == .merchant)
            #expect(try await parties(driver, .driver) == .offeredDriver)
            #expect(try await parties(newID(), .admin) == .admin)
            #expect(try await parties(newID(), .driver) == [])
            #expect(try await shop.accept(order, driver).isDone)
            #expect(try await parties(driver, .driver) == .driver)
            #expect(try await shop.store.order(newID(), for: driver) == nil)
        }
    }

    @Test func `preparation is an event of its own and leaves the status`() async throws {
        try await withShop { shop in
            let order = try await shop.order(try await shop.product(stock: nil))
            let change = try await shop.store.setPreparation(
                order, version: 2, to: .preparing, readyAt: TimeStamp(milliseconds: 1_800_000_000_123),
                actor: .merchant, actorID: shop.owner, correlationID: "c")
            #expect(change.version == 3)
            #expect(change.events.map(\.type) == ["order.preparing"])
            #expect(change.events.map(\.status) == ["MATCHING"])
            #expect(text(change.events[0].json).contains(#""data":{"readyAt":"2027-01-15T08:00:00.123Z"}"#))
            let stale = try await shop.store.setPreparation(
                order, version: 2, to: .ready, readyAt: nil, actor: .merchant, actorID: shop.owner, correlationID: "c")
            #expect(stale.refusal == .conflictVersion)
            let view = try #require(try await shop.store.order(order, for: shop.owner))
            #expect(view.preparation == .preparing)
            #expect(view.readyAt == TimeStamp(milliseconds: 1_800_000_000_123))
        }
    }
}
