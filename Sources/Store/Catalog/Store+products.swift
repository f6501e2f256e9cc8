public import Domain
import EventLoop
import Postgres

extension Store {
    private static let create = PostgresStatement.rows("create_product", 12)
    private static let update = PostgresStatement.rows("update_product", 7)
    private static let delete = PostgresStatement.value("delete_product", 2)
    private static let read = PostgresStatement.value("read_product", 2)
    private static let list = PostgresStatement.value("list_products", 4)

    public func createProduct(_ product: NewProduct) async throws(StoreError) -> Change {
        try await change(
            Self.create,
            [
                .id(product.id), .id(product.accountID), .id(product.merchantID), .text(product.name),
                .int(product.price), .text(product.currency), .int(product.stock), .bool(product.isAvailable),
                .text(product.location), .text(product.idempotency?.route), .text(product.idempotency?.key),
                .bytes(product.idempotency?.bodyHash),
            ])
    }

    public func updateProduct(
        _ id: UUID16, of merchant: UUID16, _ changes: ProductChanges
    ) async throws(StoreError) -> Change {
        try await change(
            Self.update,
            [
                .id(id), .id(merchant), .text(changes.name), .int(changes.price), .bool(changes.stock != nil),
                .int(changes.stock ?? nil), .bool(changes.isAvailable),
            ])
    }

    /// False when there was none.
    public func deleteProduct(_ id: UUID16, of merchant: UUID16) async throws(StoreError) -> Bool {
        try await flag(Self.delete, [.id(id), .id(merchant)])
    }

    /// Nil when there is none.
    public func product(_ id: UUID16, of merchant: UUID16) async throws(StoreError) -> [UInt8]? {
        try await json(Self.read, [.id(id), .id(merchant)])
    }

    /// A page of products, of one merchant or of all, oldest first; `query` is looked for in the name.
    public func listProducts(
        of merchant: UUID16? = nil, query: String? = nil, cursor: String? = nil, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        try await page(Self.list, [.id(merchant), .text(query), .id(try Cursor.id(cursor)), .int(limit)])
    }
}
