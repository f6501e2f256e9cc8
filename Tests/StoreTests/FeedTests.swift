import Domain
import Postgres
import Store
import TestSupport
import Testing

struct FeedTests {
    /// A later id may commit before an earlier one: `id > last` would skip the earlier, `xid >= xmin` does not.
    @Test func `a transaction that runs long holds nobody back and is not skipped`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: nil)
            let cursor = try await shop.store.feedCursor()
            let other = PostgresPool(try configuration(of: shop.database))
            other.start()
            let insert = PostgresStatement(
                "late_event",
                "UPDATE accounts SET role = 'ADMIN', xid = pg_current_xact_id() WHERE id = $1 RETURNING 1")
            let slow = try shop.newOrder(soup)
            #expect(try await shop.store.place(slow).isDone)
            var page = try await other.transaction(timeout: .seconds(30)) { transaction in
                _ = try await transaction.query(insert, [.uuid(high: shop.owner.high, low: shop.owner.low)])
                let quick = try shop.newOrder(soup)
                #expect(try await shop.store.place(quick).isDone)
                let page = try await shop.store.feed(since: cursor)
                #expect(page.events.map(\.seq) == [1, 2, 1, 2])
                #expect(page.events.last?.orderID == quick.id)
                #expect(page.access.isEmpty)
                // The open transaction keeps the cursor at or below itself, so that it is not passed by.
                let again = try await shop.store.feed(since: page.cursor)
                #expect(again.access.isEmpty)
                return again
            }
            page = try await shop.store.feed(since: page.cursor)
            #expect(
                page.access == [
                    AccessChange(accountID: shop.owner, sessionID: nil, role: "ADMIN", reason: "ROLE_CHANGED")
                ])
            // Other databases' transactions hold the cursor too; once they have ended nothing comes again.
            while !page.access.isEmpty || !page.events.isEmpty {
                page = try await shop.store.feed(since: page.cursor)
                await settle()
            }
            await other.stop()
        }
    }

    @Test func `offers, ended sessions and locked accounts come with the same cursor`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            let session = newID()
            try await shop.store.createSession(session, account: driver, refreshHash: [1], lifeSeconds: 60)
            var cursor = try await shop.store.feedCursor()

            let offered = try #require(try await shop.match(order)?.offers.first)
            var page = try await shop.store.feed(since: cursor)
            #expect(page.offers.map(\.offerID) == [offered.offerID])
            #expect(page.offers.first?.isOpen == true)
            #expect(text(page.offers[0].json).contains(#""expiresInMs":"#))
            cursor = page.cursor

            _ = try await shop.store.updateAccount(driver, AccountChanges(isLocked: true))
            page = try await shop.store.feed(since: cursor)
            #expect(page.access.contains { $0.sessionID == session && $0.reason == "ACCOUNT_LOCKED" })
            #expect(page.access.contains { $0.sessionID == nil && $0.reason == "ACCOUNT_LOCKED" })
            cursor = page.cursor

            // Past its end an open offer goes out as lapsed, though no step has said so yet.
            _ = try shop.sql(
                "UPDATE offers SET expires_at = clock_timestamp(), xid = pg_current_xact_id()")
            page = try await shop.store.feed(since: cursor)
            #expect(page.offers.first?.state == "EXPIRED")
            #expect(
                page.offers.map { text($0.json) } == [
                    #"{"offerId":"\#(offered.offerID)","orderId":"\#(order)","reason":"EXPIRED"}"#
                ])
        }
    }

    @Test func `an empty poll brings the cursor along`() async throws {
        try await withShop { shop in
            let cursor = try await shop.store.feedCursor()
            _ = try shop.sql("SELECT pg_current_xact_id()")
            var page = try await shop.store.feed(since: cursor)
            while page.cursor == cursor {
                await settle()
                page = try await shop.store.feed(since: cursor)
            }
            #expect(page.cursor > cursor)
            #expect(page.events.isEmpty && page.offers.isEmpty && page.access.isEmpty)
        }
    }
}
