public import Domain
import EventLoop
import Postgres

extension Store {
    private static let place = PostgresStatement.rows("place_order", 20)
    private static let read = PostgresStatement.rows("read_order", 2)
    private static let transition = PostgresStatement.rows("transition_order", 8)
    private static let preparation = PostgresStatement.rows("set_preparation", 7)
    private static let list = PostgresStatement.value("list_orders", 5)
    private static let decisions = PostgresStatement.value("order_decisions", 1)

    /// Places an order: prices from the catalogue, stock kept, event 1 and, when nothing stands in the way, the entry into
    /// matching, which is due at once. The answer is kept under the idempotency key in the same transaction.
    public func place(_ order: NewOrder) async throws(StoreError) -> Change {
        try await change(
            Self.place,
            [
                .id(order.id), .text(order.shortCode), .id(order.customerID), .id(order.merchantID),
                .ids(order.items.map(\.productID)), .ints(order.items.map { Int64($0.quantity) }),
                .double(order.dropoff.latitude), .double(order.dropoff.longitude), .text(order.dropoffAddress),
                .text(order.dropoffNote), .json(order.dropoffContact), .text(order.payment.rawValue),
                .text(order.fulfilment.rawValue), .text(order.externalID), .json(order.metadata),
                .text(order.correlationID), .text(order.location), .text(order.idempotency?.route),
                .text(order.idempotency?.key), .bytes(order.idempotency?.bodyHash),
            ])
    }

    /// An order, and what `account` is to it; nil when there is none. Whether the account may see it is for the caller.
    public func order(_ id: UUID16, for account: UUID16) async throws(StoreError) -> OrderView? {
        let rows = try await rows(Self.read, [.id(id), .id(account)])
        guard let row = rows.first else { return nil }
        let status = try row.value("status", as: OrderStatus.self)
        let payment = try row.value("payment", as: PaymentMethod.self)
        let fulfilment = try row.value("fulfilment", as: Fulfilment.self)
        let preparation = try row.value("preparation", as: PreparationState.self)
        return try decoding { () throws(PostgresError) in
            OrderView(
                id: try row.id("id"), version: Int(try row.int("version")),
                facts: OrderFacts(
                    status: status, payment: payment, fulfilment: fulfilment, isPaid: try row.bool("paid")),
                preparation: preparation,
                readyAt: try row.intIfPresent("ready_at_ms").map { TimeStamp(milliseconds: $0) },
                customerID: try row.id("customer_id"), merchantID: try row.id("merchant_id"),
                driverID: try row.idIfPresent("driver_id"), isMember: try row.bool("is_member"),
                hasOffer: try row.bool("has_offer"), wasOffered: try row.bool("was_offered"),
                json: try row.bytes("json"))
        }
    }

    /// Moves an order as the policy decided upon `version`, with all that follows from it (stock, offers, driver,
    /// matching). `.conflictVersion`: it has another version now; read and decide again.
    ///
    /// - Parameters:
    ///   - status: not ACCEPTED, which only an offer leads to.
    ///   - data: a JSON object for the event, beside `reason` and, where the order leaves a driver, `driverId`.
    public func transition(
        _ order: UUID16, version: Int, to status: OrderStatus, actor: ActorKind, actorID: UUID16?,
        reason: String? = nil,
        data: [UInt8]? = nil, correlationID: String
    ) async throws(StoreError) -> Change {
        try await change(
            Self.transition,
            [
                .id(order), .int(version), .text(status.rawValue), .text(actor.rawValue), .id(actorID), .text(reason),
                .json(data), .text(correlationID),
            ])
    }

    /// Sets the preparation; nil keeps `readyAt` as it is.
    public func setPreparation(
        _ order: UUID16, version: Int, to state: PreparationState, readyAt: TimeStamp?, actor: ActorKind,
        actorID: UUID16?, correlationID: String
    ) async throws(StoreError) -> Change {
        try await change(
            Self.preparation,
            [
                .id(order), .int(version), .text(state.rawValue), .time(readyAt), .text(actor.rawValue), .id(actorID),
                .text(correlationID),
            ])
    }

    /// A page of the orders that an account is party to, newest first; an ADMIN's are all.
    ///
    /// - Parameters:
    ///   - statuses: empty: any.
    ///   - cursor: `nextCursor` of the page before.
    ///   - limit: 1–100.
    public func listOrders(
        account: UUID16, role: Role, statuses: [OrderStatus] = [], cursor: String? = nil, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        try await page(
            Self.list,
            [
                .id(account), .text(role.rawValue), statuses.isEmpty ? .null : .texts(statuses.map(\.rawValue)),
                .id(try Cursor.id(cursor)), .int(limit),
            ])
    }

    /// Every decision of matching on an order, oldest first, with what those who were offered it said.
    public func decisions(on order: UUID16) async throws(StoreError) -> [UInt8] {
        try await page(Self.decisions, [.id(order)])
    }
}
