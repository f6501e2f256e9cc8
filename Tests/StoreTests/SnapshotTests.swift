import Domain
import EventLoop
import Store
import TestSupport
import Testing

struct SnapshotTests {
    /// Taken, given back, taken by another, delivered: eight events.
    @Loop
    static func story(_ shop: Shop) async throws -> (order: UUID16, first: UUID16, second: UUID16) {
        let order = try await shop.order(try await shop.product(stock: nil))
        let first = try await shop.driver(north: 10)
        let second = try await shop.driver(north: 20)
        try await shop.match(order)
        #expect(try await shop.accept(order, first).version == 3)
        #expect(try await shop.move(order, to: .matching, actor: .driver, first).version == 4)
        try await shop.match(order)
        #expect(try await shop.accept(order, second).version == 5)
        for status in [OrderStatus.driverArriving, .pickedUp, .delivered] {
            #expect(try await shop.move(order, to: status, actor: .driver, second).isDone)
        }
        return (order, first, second)
    }

    @Test func `everybody sees of an order what is theirs`() async throws {
        try await withShop { shop in
            let (order, first, second) = try await Self.story(shop)
            func seqs(_ account: UUID16, _ role: Role, after: Int = 0) async throws -> [Int]? {
                try await shop.store.orderSnapshot(order, account: account, role: role, after: after)?.events.map(\.seq)
            }
            #expect(try await seqs(shop.customer, .customer) == Array(1...8))
            #expect(try await seqs(shop.owner, .merchant, after: 6) == [7, 8])
            #expect(try await seqs(newID(), .admin, after: 8) == [])
            #expect(try await seqs(second, .driver) == [5, 6, 7, 8])
            #expect(try await seqs(first, .driver) == nil)
            #expect(try await seqs(newID(), .customer) == nil)
            let stranger = try await Shop.account(shop.store, .merchant)
            #expect(try await seqs(stranger, .merchant) == nil)
            let snapshot = try #require(
                try await shop.store.orderSnapshot(order, account: shop.customer, role: .customer, after: 0))
            #expect(snapshot.version == 8)
            #expect(snapshot.status == "DELIVERED")
            #expect(snapshot.driverID == second)
            // The audience is as of each commit.
            #expect(snapshot.events.map(\.driverID) == [nil, nil, first, nil, second, second, second, nil])
            #expect(snapshot.events.map(\.previousDriverID) == [nil, nil, nil, first, nil, nil, nil, second])
        }
    }

    @Test func `a connect names what to catch up on`() async throws {
        try await withShop { shop in
            let (order, first, second) = try await Self.story(shop)
            let session = newID()
            func view(
                _ account: UUID16, _ named: [(orderID: UUID16, seq: Int)], resumes: Bool = true
            ) async throws -> ConnectView {
                let view = try await shop.store.connectView(
                    account: account, session: session, named: named, resumes: resumes)
                return try #require(view)
            }
            #expect(try await view(shop.customer, []).refusal == "SESSION_REVOKED")
            try await shop.store.createSession(session, account: shop.customer, refreshHash: [1], lifeSeconds: 60)
            let open = try await shop.order(try await shop.product(stock: nil))
            let mine = try await view(shop.customer, [(order, 4)])
            #expect(mine.refusal == nil)
            #expect(Set(mine.catchUp.map { "\($0.orderID) \($0.after)" }) == ["\(order) 4", "\(open) 0"])
            #expect(try await view(shop.customer, [], resumes: false).catchUp.isEmpty)
            let shops = try await view(shop.owner, [])
            #expect(shops.merchants == [shop.merchant])
            #expect(shops.catchUp.map(\.orderID) == [open])
            // A driver begins with the `order.accepted` that was theirs, whatever lower seq was given.
            #expect(try await view(first, [(order, 0)]).catchUp.map(\.after) == [2])
            #expect(try await view(second, [(order, 6)]).catchUp.map(\.after) == [6])
            let stranger = try await Shop.account(shop.store, .driver)
            #expect(try await view(stranger, [(order, 0)]).catchUp.isEmpty)
            try await shop.match(open)
            let asked = try await view(second, [])
            #expect(asked.offers.map(\.orderID) == [open])
            #expect(asked.offers.allSatisfy { $0.isOpen && $0.driverID == second })

            let events = try await shop.store.events(past: [(open, 1), (order, 6)])
            #expect(events.map(\.seq).sorted() == [2, 7, 8])
        }
    }
}
