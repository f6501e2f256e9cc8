public import Domain
import EventLoop
import Postgres

extension Store {
    private static let create = PostgresStatement.rows("create_merchant", 12)
    private static let update = PostgresStatement.rows("update_merchant", 7)
    private static let delete = PostgresStatement.value("delete_merchant", 1)
    private static let read = PostgresStatement.rows("read_merchant", 2)
    private static let list = PostgresStatement.value("list_merchants", 8)

    public func createMerchant(_ merchant: NewMerchant) async throws(StoreError) -> Change {
        try await change(
            Self.create,
            [
                .id(merchant.id), .id(merchant.ownerID), .text(merchant.name), .text(merchant.kind),
                .double(merchant.place.latitude), .double(merchant.place.longitude), .text(merchant.address),
                .text(merchant.currency), .text(merchant.location), .text(merchant.idempotency?.route),
                .text(merchant.idempotency?.key), .bytes(merchant.idempotency?.bodyHash),
            ])
    }

    /// The currency stays: the products bear it.
    public func updateMerchant(_ id: UUID16, _ changes: MerchantChanges) async throws(StoreError) -> Change {
        try await change(
            Self.update,
            [
                .id(id), .text(changes.name), .text(changes.kind), .double(changes.place?.latitude),
                .double(changes.place?.longitude), .bool(changes.address != nil), .text(changes.address ?? nil),
            ])
    }

    /// It is no longer found and takes no more orders; those it has stay. False when there was none.
    public func deleteMerchant(_ id: UUID16) async throws(StoreError) -> Bool {
        try await flag(Self.delete, [.id(id)])
    }

    /// Nil when there is none.
    public func merchant(_ id: UUID16, for account: UUID16?) async throws(StoreError) -> MerchantView? {
        let rows = try await rows(Self.read, [.id(id), .id(account)])
        guard let row = rows.first else { return nil }
        return try decoding { () throws(PostgresError) in
            MerchantView(
                id: try row.id("id"), currency: try row.text("currency"), isMember: try row.bool("is_member"),
                json: try row.bytes("json"))
        }
    }

    /// A page of merchants: nearest first with `distanceMeters` when `near` is given, else newest first.
    ///
    /// - Parameters:
    ///   - radiusMeters: nil: as far as it takes.
    ///   - query: looked for in the name.
    ///   - limit: 1–100.
    public func listMerchants(
        near place: Coordinate? = nil, radiusMeters: Double? = nil, kind: String? = nil, query: String? = nil,
        cursor: String? = nil, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        let after = try Cursor.distanceAndID(cursor)
        // A cursor of the other kind of list would begin nowhere in this one.
        guard after.id == nil || (after.meters != nil) == (place != nil) else { throw StoreError(.invalidCursor) }
        return try await page(
            Self.list,
            [
                .double(place?.latitude), .double(place?.longitude), .double(radiusMeters), .text(kind), .text(query),
                .double(after.meters), .id(after.id), .int(limit),
            ])
    }
}
