import Crypto
public import Domain
public import EventLoop
public import Store
import Wire

/// Orders as their parties use them: place, read, list, move. Offers and matching are for others.
///
/// A change is one statement; what follows it (publishing, matching) is begun when it is committed and delays no answer.
/// - PostgreSQL away, or silent for longer than a statement may take: 503.
/// - The connection lost after a statement was sent: the order is read again, and the answer is what is found.
@Loop
public final class Orders {
    let store: Store
    let identifiers: IdentifierSource
    let afterCommit: any AfterCommit

    public init(store: Store, identifiers: IdentifierSource, afterCommit: any AfterCommit) {
        self.store = store
        self.identifiers = identifiers
        self.afterCommit = afterCommit
    }

    // MARK: Placing

    /// Places an order of a CUSTOMER: `{merchantId, items, dropoff, payment?, fulfilment?, externalId?, metadata?}`.
    public func place(
        _ body: InputReader, by identity: Identity, _ request: CreationRequest, correlationID: String
    ) async throws(ServiceError) -> Creation {
        let input = try OrderInput(body)
        guard identity.role == .customer, let dropoff = input.dropoff else { throw .forbidden }
        let id = identifiers.next()
        let order = NewOrder(
            id: id, shortCode: ShortCode.make(random: randomBits()), customerID: identity.account,
            merchantID: input.merchantID, items: input.items, dropoff: dropoff, dropoffAddress: input.address,
            dropoffNote: input.note, dropoffContact: input.contact, payment: input.payment,
            fulfilment: input.fulfilment, externalID: input.externalID, metadata: input.metadata,
            correlationID: correlationID, location: "\(request.path)/\(id)", idempotency: request.idempotency)
        let change: Change
        do throws(StoreError) {
            change = try await store.place(order)
        } catch {
            guard error.mayHaveTakenEffect, let view = await committed(id, for: identity.account) else {
                throw ServiceError(error)
            }
            return Creation(status: Self.accepted, json: view.json, location: order.location, version: view.version)
        }
        if let refusal = change.refusal { throw Self.refused(refusal, change) }
        if !change.isReplayed { afterCommit.follow(events: change.events, offers: change.offers) }
        return Creation(change, status: Self.accepted)
    }

    /// 202: a driver is yet to be found (RFC 9110, 15.3.3).
    private static let accepted = 202

    private static func refused(_ refusal: Refusal, _ change: Change) -> ServiceError {
        if let error = ServiceError.idempotency(refusal) { return error }
        let item = "items[\(change.itemIndex ?? 0)].productId"
        let name = change.detail ?? "the product"
        switch refusal {
        case .merchantNotFound: return .unusable(refusal, field: "merchantId", "names no merchant")
        case .productNotFound: return .unusable(refusal, field: item, "names no product of this merchant")
        case .productUnavailable:
            return ServiceError(.conflict, refusal.rawValue, "\(item): \(name) is not available now.")
        case .outOfStock:
            return ServiceError(.conflict, refusal.rawValue, "\(item): there is not as much of \(name) in stock.")
        case .currencyMismatch:
            return ServiceError(.conflict, refusal.rawValue, "\(item): \(name) is priced in another currency.")
        default: return ServiceError(.internal, "INTERNAL", "place_order refused: \(refusal.rawValue)")
        }
    }

    // MARK: Reading

    /// The order, for its parties.
    public func read(_ order: UUID16, by identity: Identity) async throws(ServiceError) -> OrderAnswer {
        let view = try await visible(order, to: identity)
        return OrderAnswer(json: view.json, version: view.version)
    }

    /// A page of the orders that the account is party to, newest first; an ADMIN's are all.
    public func list(
        by identity: Identity, statuses: [OrderStatus], cursor: String?, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        try await storing { () async throws(StoreError) in
            try await store.listOrders(
                account: identity.account, role: identity.role, statuses: statuses, cursor: cursor, limit: limit)
        }
    }

    /// The first `limit` events past `seq`: `{data, nextCursor}`, the cursor being the last one's `seq`.
    public func events(
        _ order: UUID16, by identity: Identity, after seq: Int, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        let found = try await storing { () async throws(StoreError) in
            try await store.orderSnapshot(order, account: identity.account, role: identity.role, after: seq)
        }
        guard let snapshot = found else { throw .notFound }
        let page = snapshot.events.prefix(limit)
        var writer = JSONWriter(reservingCapacity: 320 * page.count + 64)
        writer.object {
            $0.field("data") { $0.array { for event in page { $0.value(raw: event.json) } } }
            $0.field("nextCursor", orNull: page.count < snapshot.events.count ? page.last.map { String($0.seq) } : nil)
        }
        return writer.bytes
    }

    /// Every decision of matching on an order, for ADMIN.
    public func decisions(on order: UUID16, by identity: Identity) async throws(ServiceError) -> [UInt8] {
        guard identity.role == .admin else { throw .forbidden }
        _ = try await visible(order, to: identity)
        return try await storing { () async throws(StoreError) in try await store.decisions(on: order) }
    }

    /// The order, where the account stands to it so that it may see it. A driver who was offered it sees no more than the
    /// offer.
    func visible(_ order: UUID16, to identity: Identity) async throws(ServiceError) -> OrderView {
        let found = try await storing { () async throws(StoreError) in
            try await store.order(order, for: identity.account)
        }
        guard let view = found, view.isVisible(to: identity.account, role: identity.role) else { throw .notFound }
        return view
    }

    /// The order as it is after a statement of which no answer came; nil when it cannot be read either.
    func committed(_ order: UUID16, for account: UUID16) async -> OrderView? {
        do throws(StoreError) {
            return try await store.order(order, for: account)
        } catch {
            return nil
        }
    }
}
