public import Domain
import EventLoop
import Postgres

extension Store {
    private static let feed = PostgresStatement.rows("feed", 1)
    private static let cursor = PostgresStatement(
        "feed_cursor", "SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid")
    private static let snapshot = PostgresStatement.rows("order_snapshot", 4)
    private static let connect = PostgresStatement.file("connect_view", PackageResources.connect_view_sql)
    private static let after = PostgresStatement.file("events_after", PackageResources.events_after_sql)

    /// Where the feed begins: what is not yet committed everywhere now comes with the next poll.
    public func feedCursor() async throws(StoreError) -> UInt64 {
        let rows = try await rows(Self.cursor, [])
        return try decoding { () throws(PostgresError) in try rows[0].transaction("xid") }
    }

    /// Everything written since the cursor, once more what was still running then.
    public func feed(since cursor: UInt64) async throws(StoreError) -> FeedPage {
        let rows = try await rows(Self.feed, [.text(String(cursor))])
        return try decoding { () throws(PostgresError) in
            var next = cursor
            var events: [EventRecord] = []
            var offers: [OfferRecord] = []
            var access: [AccessChange] = []
            var memberships: [MerchantMembership] = []
            for row in rows {
                switch try row.text("kind") {
                case "cursor": next = try row.transaction("xid")
                case "event": events.append(try EventRecord(row))
                case "offer": offers.append(try OfferRecord(row))
                case "member":
                    memberships.append(
                        MerchantMembership(accountID: try row.id("driver_id"), merchantID: try row.id("merchant_id")))
                default: access.append(try AccessChange(row))
                }
            }
            events.sort { ($0.orderID, $0.seq) < ($1.orderID, $1.seq) }
            return FeedPage(
                cursor: next, events: events, offers: offers, access: access, memberships: memberships)
        }
    }

    /// An order and its events past `seq`; nil when there is no such order or the account may not see it.
    public func orderSnapshot(
        _ order: UUID16, account: UUID16, role: Role, after seq: Int
    ) async throws(StoreError) -> OrderSnapshot? {
        let rows = try await rows(
            Self.snapshot, [.id(order), .id(account), .text(role.rawValue), .int(Self.bounded(seq))])
        guard let head = rows.first else { return nil }
        return try decoding { () throws(PostgresError) in
            var events: [EventRecord] = []
            for row in rows.dropFirst() { events.append(try EventRecord(row)) }
            return OrderSnapshot(
                orderID: try head.id("order_id"), version: Int(try head.int("seq")), status: try head.text("detail"),
                customerID: try head.id("customer_id"), merchantID: try head.id("merchant_id"),
                driverID: try head.idIfPresent("driver_id"), json: try head.bytes("json"), events: events)
        }
    }

    /// What a CONNECT must know; nil when there is no such account.
    ///
    /// - Parameters:
    ///   - named: orders of `auth.after`, with the `seq` of each; those the account may not see are passed over.
    ///   - resumes: `auth.after` was given, so that open orders that were not named are caught up on too.
    public func connectView(
        account: UUID16, session: UUID16, named: [(orderID: UUID16, seq: Int)], resumes: Bool
    ) async throws(StoreError) -> ConnectView? {
        let rows = try await rows(
            Self.connect,
            [
                .id(account), .id(session), .ids(named.map(\.orderID)),
                .ints(named.map { Int64(Self.bounded($0.seq)) }), .bool(resumes),
            ])
        var head: PostgresRow?
        var merchants: [UUID16] = []
        var catchUp: [ConnectView.CatchUp] = []
        var offers: [OfferRecord] = []
        do throws(PostgresError) {
            for row in rows {
                switch try row.text("kind") {
                case "snapshot": head = row
                case "merchant": merchants.append(try row.id("id"))
                case "catch_up":
                    catchUp.append(.init(orderID: try row.id("id"), after: Int(try row.int("after"))))
                default:
                    offers.append(
                        OfferRecord(
                            offerID: try row.id("id"), orderID: try row.id("order_id"), driverID: account,
                            transaction: try row.transaction("xid"), state: try row.text("state"),
                            json: try row.bytes("json")))
                }
            }
        } catch {
            throw StoreError(error)
        }
        guard let head else { return nil }
        let role = try head.value("json", as: Role.self)
        return try decoding { () throws(PostgresError) in
            ConnectView(
                snapshot: try head.text("detail"), role: role, refusal: try head.textIfPresent("state"),
                merchants: merchants, catchUp: catchUp, offers: offers)
        }
    }

    /// The events of several orders, each past its own `seq`, by order and `seq`. Whoever asks knows who may see them.
    public func events(past orders: [(orderID: UUID16, seq: Int)]) async throws(StoreError) -> [EventRecord] {
        guard !orders.isEmpty else { return [] }
        let rows = try await rows(
            Self.after, [.ids(orders.map(\.orderID)), .ints(orders.map { Int64(Self.bounded($0.seq)) })])
        return try decoding { () throws(PostgresError) in
            var events: [EventRecord] = []
            for row in rows { events.append(try EventRecord(row)) }
            return events
        }
    }

    /// A client may name any number; the column is an int4.
    private static func bounded(_ seq: Int) -> Int { min(max(seq, 0), Int(Int32.max)) }
}

extension AccessChange {
    /// A `session` row, or an `account` row: its role changed, or it was locked.
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let account = try row.id("driver_id")
        if let session = try row.idIfPresent("offer_id") {
            self.init(accountID: account, sessionID: session, reason: try row.textIfPresent("code") ?? "")
        } else if try row.text("code") == "LOCKED" {
            self.init(accountID: account, sessionID: nil, reason: "ACCOUNT_LOCKED")
        } else {
            self.init(accountID: account, sessionID: nil, role: try row.text("json"), reason: "ROLE_CHANGED")
        }
    }
}
