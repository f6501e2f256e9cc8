public import Domain
import EventLoop
import Store

extension Catalog {
    /// `{name, price, currency, stock?: null = unlimited, available?}`; price in minor units.
    public func createProduct(
        of merchant: UUID16, _ body: InputReader, by identity: Identity, _ request: CreationRequest
    ) async throws(ServiceError) -> Creation {
        var input = body
        let name = input.name("name")
        let price = input.integer("price", in: InputLimits.price)
        let currency = Self.currency(&input)
        let stock = input.optionalInteger("stock", in: Self.stocks)
        let isAvailable = input.optionalBool("available") ?? true
        try input.finish()
        guard let currency else { throw .invalid("currency", "REQUIRED", "is required") }
        _ = try await changeable(merchant, by: identity)

        let id = identifiers.next()
        let product = NewProduct(
            id: id, merchantID: merchant, accountID: identity.account, name: name, price: price,
            currency: currency.code, stock: stock.map { Int($0) }, isAvailable: isAvailable,
            location: "\(request.path)/\(id)", idempotency: request.idempotency)
        let change = try await storing { () async throws(StoreError) in try await store.createProduct(product) }
        if let refusal = change.refusal { throw Self.refused(refusal) }
        return Creation(change, status: Self.created)
    }

    /// `{name?, price?, stock?, available?}`; orders that were placed keep the price they had.
    public func updateProduct(
        _ id: UUID16, of merchant: UUID16, _ body: InputReader, by identity: Identity
    ) async throws(ServiceError) -> [UInt8] {
        var input = body
        var changes = ProductChanges(
            name: input.optionalName("name"), price: input.optionalInteger("price", in: InputLimits.price),
            isAvailable: input.optionalBool("available"))
        if input.has("stock") {
            changes.stock = .some(input.optionalInteger("stock", in: Self.stocks).map { Int($0) })
        }
        try input.finish()
        _ = try await changeable(merchant, by: identity)
        let change = try await storing { () async throws(StoreError) in
            try await store.updateProduct(id, of: merchant, changes)
        }
        if let refusal = change.refusal { throw Self.refused(refusal) }
        return change.json
    }

    /// Orders that name it keep it; it is no longer found and cannot be ordered.
    public func deleteProduct(
        _ id: UUID16, of merchant: UUID16, by identity: Identity
    ) async throws(ServiceError) {
        _ = try await changeable(merchant, by: identity)
        let wasThere = try await storing { () async throws(StoreError) in
            try await store.deleteProduct(id, of: merchant)
        }
        guard wasThere else { throw .notFound }
    }

    public func product(_ id: UUID16, of merchant: UUID16) async throws(ServiceError) -> [UInt8] {
        let found = try await storing { () async throws(StoreError) in try await store.product(id, of: merchant) }
        guard let product = found else { throw .notFound }
        return product
    }

    /// A page of products, of one merchant or of all.
    public func listProducts(
        of merchant: UUID16?, query: String?, cursor: String?, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        if let merchant { _ = try await found(merchant, for: nil) }
        return try await storing { () async throws(StoreError) in
            try await store.listProducts(of: merchant, query: query, cursor: cursor, limit: limit)
        }
    }

    private static let stocks = Int64(InputLimits.stock.lowerBound)...Int64(InputLimits.stock.upperBound)
}
