import Domain
import Store
import TestSupport
import Testing

struct SessionTests {
    static func rotate(_ shop: Shop, _ session: UUID16, _ old: UInt8, _ new: UInt8) async throws -> SessionRotation {
        try await shop.store.rotateSession(session, refreshHash: [old], newHash: [new], lifeSeconds: 60)
    }

    @Test func `a refresh token rotates, its predecessor stays good for a while, an older one ends the session`()
        async throws
    {
        try await withShop { shop in
            let session = newID()
            let done = SessionRotation.rotated(account: shop.customer)
            let reused = SessionRotation.revoked(account: shop.customer, reason: "REFRESH_REUSED")
            try await shop.store.createSession(session, account: shop.customer, refreshHash: [1], lifeSeconds: 60)
            #expect(try await Self.rotate(shop, session, 1, 2) == done)
            // The answer was lost: the client asks with the first again, and whichever answer it keeps holds.
            #expect(try await Self.rotate(shop, session, 1, 3) == done)
            #expect(try await Self.rotate(shop, session, 2, 4) == done)
            #expect(try await Self.rotate(shop, session, 4, 5) == done)
            #expect(try await Self.rotate(shop, session, 3, 6) == reused)
            #expect(try await Self.rotate(shop, session, 5, 7) == reused)
            #expect(try await shop.store.session(session)?.state == .revoked)
        }
    }

    @Test func `after its grace the predecessor ends the session`() async throws {
        try await withShop { shop in
            let session = newID()
            try await shop.store.createSession(session, account: shop.customer, refreshHash: [1], lifeSeconds: 60)
            _ = try await Self.rotate(shop, session, 1, 2)
            _ = try shop.sql("UPDATE sessions SET rotated_at = clock_timestamp() - interval '30 s'")
            #expect(
                try await Self.rotate(shop, session, 1, 3)
                    == .revoked(account: shop.customer, reason: "REFRESH_REUSED"))
        }
    }

    @Test func `an ended, an expired and an unknown session say so`() async throws {
        try await withShop { shop in
            let session = newID()
            try await shop.store.createSession(session, account: shop.customer, refreshHash: [1], lifeSeconds: 60)
            #expect(try await shop.store.session(session)?.state == .active)
            #expect(try await shop.store.session(session)?.role == .customer)
            _ = try shop.sql("UPDATE sessions SET expires_at = clock_timestamp()")
            #expect(try await shop.store.session(session)?.state == .expired)
            #expect(try await Self.rotate(shop, session, 1, 2) == .expired)
            #expect(try await shop.store.revokeSession(session, reason: "LOGGED_OUT"))
            #expect(try await !shop.store.revokeSession(session, reason: "LOGGED_OUT"))
            #expect(try await shop.store.session(session)?.reason == "LOGGED_OUT")
            #expect(try await Self.rotate(shop, newID(), 1, 2) == .unknown)
            #expect(try await shop.store.session(newID()) == nil)
        }
    }

    @Test func `an address is taken whatever the case of its letters`() async throws {
        try await withShop { shop in
            func create(_ email: String) async throws -> Change {
                try await shop.store.createAccount(
                    id: newID(), email: email, name: "N", passwordHash: "secret", role: .driver, locale: "fr")
            }
            let made = try await create("Ann@Example.com")
            #expect(made.isDone)
            #expect(!text(made.json).contains("secret"))
            #expect(try await create("ann@example.COM").refusal == .emailTaken)
            let account = try #require(try await shop.store.account(email: "ANN@example.com"))
            #expect(account.passwordHash == "secret")
            #expect(account.role == .driver)
            #expect(try await shop.store.driver(account.id) != nil)
        }
    }

    @Test func `a session that was not refreshed in time is ended once, and the feed says so`() async throws {
        try await withShop { shop in
            let (due, other) = (newID(), newID())
            try await shop.store.createSession(due, account: shop.customer, refreshHash: [1], lifeSeconds: -1)
            try await shop.store.createSession(other, account: shop.customer, refreshHash: [2], lifeSeconds: 60)
            let cursor = try await shop.store.feedCursor()
            #expect(try await shop.store.endExpiredSessions(limit: 10) == 1)
            #expect(try await shop.store.endExpiredSessions(limit: 10) == 0)
            let access = try await shop.store.feed(since: cursor).access
            #expect(access == [AccessChange(accountID: shop.customer, sessionID: due, reason: "EXPIRED")])
            #expect(try await shop.store.session(other)?.state == .active)
        }
    }
}
