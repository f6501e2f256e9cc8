public import Domain
public import EventLoop
public import Store

/// Merchants and their products. Everybody who is logged in may read them; a merchant's members and ADMIN change it.
@Loop
public final class Catalog {
    let store: Store
    let identifiers: IdentifierSource
    private let memberships: any MembershipEvents

    public init(store: Store, identifiers: IdentifierSource, memberships: any MembershipEvents) {
        self.store = store
        self.identifiers = identifiers
        self.memberships = memberships
    }

    // MARK: Merchants

    /// `{name, kind, location: {lat, lng}, currency, address?}`; who creates it owns it.
    public func createMerchant(
        _ body: InputReader, by identity: Identity, _ request: CreationRequest
    ) async throws(ServiceError) -> Creation {
        guard identity.role == .merchant || identity.role == .admin else { throw .forbidden }
        var input = body
        let name = input.name("name")
        let kind = input.choice("kind", MerchantKind.self)
        var place: Coordinate?
        input.object("location") { place = $0.coordinate() }
        let currency = Self.currency(&input)
        let address = input.optionalText("address", characters: 1...InputLimits.addressLength)
        try input.finish()
        guard let kind, let place, let currency else { throw .invalid("body", "REQUIRED", "is incomplete") }

        let id = identifiers.next()
        let merchant = NewMerchant(
            id: id, ownerID: identity.account, name: name, kind: kind.rawValue, place: place, address: address,
            currency: currency.code, location: "\(request.path)/\(id)", idempotency: request.idempotency)
        let change = try await storing { () async throws(StoreError) in try await store.createMerchant(merchant) }
        if let refusal = change.refusal { throw Self.refused(refusal) }
        if !change.isReplayed {
            memberships.publish(membership: MerchantMembership(accountID: identity.account, merchantID: id))
        }
        return Creation(change, status: Self.created)
    }

    /// `{name?, kind?, location?, address?}`; the currency stays, since the products bear it.
    public func updateMerchant(
        _ id: UUID16, _ body: InputReader, by identity: Identity
    ) async throws(ServiceError) -> [UInt8] {
        var input = body
        var changes = MerchantChanges(
            name: input.optionalName("name"), kind: input.optionalChoice("kind", MerchantKind.self)?.rawValue)
        var place: Coordinate?
        input.optionalObject("location") { place = $0.coordinate() }
        changes.place = place
        if input.has("address") {
            changes.address = .some(input.optionalText("address", characters: 1...InputLimits.addressLength))
        }
        try input.finish()
        _ = try await changeable(id, by: identity)
        let change = try await storing { () async throws(StoreError) in try await store.updateMerchant(id, changes) }
        if let refusal = change.refusal { throw Self.refused(refusal) }
        return change.json
    }

    /// Its orders keep it; it is no longer found and takes no more.
    public func deleteMerchant(_ id: UUID16, by identity: Identity) async throws(ServiceError) {
        _ = try await changeable(id, by: identity)
        let wasThere = try await storing { () async throws(StoreError) in try await store.deleteMerchant(id) }
        guard wasThere else { throw .notFound }
    }

    public func merchant(_ id: UUID16) async throws(ServiceError) -> [UInt8] {
        try await found(id, for: nil).json
    }

    /// A page of merchants: nearest first with `distanceMeters` when `near` is given, else newest first.
    public func listMerchants(
        near place: Coordinate?, radiusMeters: Double?, kind: MerchantKind?, query: String?, cursor: String?,
        limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        try await storing { () async throws(StoreError) in
            try await store.listMerchants(
                near: place, radiusMeters: radiusMeters, kind: kind?.rawValue, query: query, cursor: cursor,
                limit: limit)
        }
    }

    // MARK: Parts

    static let created = 201

    static func currency(_ input: inout InputReader) -> Currency? {
        let code = input.text("currency", characters: 3...3)
        guard !code.isEmpty else { return nil }
        guard let currency = Currency(code) else {
            input.report("currency", "INVALID_VALUE", "must be a code of ISO 4217 like EUR")
            return nil
        }
        return currency
    }

    func found(_ id: UUID16, for account: UUID16?) async throws(ServiceError) -> MerchantView {
        let found = try await storing { () async throws(StoreError) in try await store.merchant(id, for: account) }
        guard let merchant = found else { throw .notFound }
        return merchant
    }

    func changeable(_ id: UUID16, by identity: Identity) async throws(ServiceError) -> MerchantView {
        let merchant = try await found(id, for: identity.account)
        guard identity.role == .admin || merchant.isMember else {
            throw ServiceError(.forbidden, "FORBIDDEN", "Only its members may change a merchant.")
        }
        return merchant
    }

    static func refused(_ refusal: Refusal) -> ServiceError {
        if let error = ServiceError.idempotency(refusal) { return error }
        switch refusal {
        case .notFound: return .notFound
        case .currencyMismatch: return .unusable(refusal, field: "currency", "must be the merchant's")
        default: return ServiceError(.internal, "INTERNAL", "A change was refused: \(refusal.rawValue)")
        }
    }
}
