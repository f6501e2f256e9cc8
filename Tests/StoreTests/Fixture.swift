import Domain
import EventLoop
import Postgres
import Store
import TestSupport
import Testing

/// A database at this build's schema, made once and copied for each test.
private let template: Task<String, any Error> = Task {
    let name = try PrivatePostgres.shared.makeDatabase()
    try await onLoop {
        let store = try Store(PostgresPool(configuration(of: name)))
        try await store.migrate()
    }
    return name
}

func configuration(of database: String, connections: Int = 1) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: PrivatePostgres.shared.url(database: database))
    configuration.connections = connections
    return configuration
}

/// Runs the body on the loop with a shop of its own: a migrated database, a customer, a merchant, products.
func withShop(
    connections: Int = 2, _ body: @escaping @Loop @Sendable (Shop) async throws -> Void
) async throws {
    let database = try PrivatePostgres.shared.makeDatabase(from: try await template.value)
    try await onLoop {
        let pool = PostgresPool(try configuration(of: database, connections: connections))
        pool.start()
        do {
            try await body(try await Shop(Store(pool), database: database))
        } catch {
            await pool.stop()
            throw error
        }
        await pool.stop()
    }
    try PrivatePostgres.shared.dropDatabase(database)
}

@Loop private var counter: UInt64 = 0

@Loop
func newID() -> UUID16 {
    counter += 1
    return UUID16.version7(milliseconds: 1_800_000_000_000, random: (0, counter))
}

/// Starts a task on the loop, which runs at once up to its first suspension: several make several statements in flight.
@Loop
func begin<T: Sendable>(_ body: @escaping @Loop @Sendable () async throws -> T) -> Task<T, any Error> {
    Task.immediate(executorPreference: Loop.taskExecutor) { try await body() }
}

/// The store's error that a body throws; nil when it throws none.
@Loop
func failure(_ body: @Loop () async throws -> Void) async throws -> StoreError? {
    do {
        try await body()
        return nil
    } catch let error as StoreError {
        return error
    }
}

func place(_ latitude: Double, _ longitude: Double) throws -> Coordinate {
    try #require(Coordinate(latitude: latitude, longitude: longitude))
}

func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }

/// A store with somebody in it.
@Loop
final class Shop {
    static let silentSeconds = 60.0

    let store: Store
    let database: String
    let customer: UUID16
    let owner: UUID16
    let merchant: UUID16
    var settings = MatchingSettings()

    init(_ store: Store, database: String) async throws {
        self.store = store
        self.database = database
        customer = try await Self.account(store, .customer)
        owner = try await Self.account(store, .merchant)
        merchant = newID()
        let made = try await store.createMerchant(
            NewMerchant(
                id: merchant, ownerID: owner, name: "Chez \"Nous\"", kind: "RESTAURANT", place: place(48.8584, 2.2945),
                address: nil, currency: "EUR", location: "/merchants/1"))
        #expect(made.isDone)
    }

    static func account(_ store: Store, _ role: Role) async throws -> UUID16 {
        let id = newID()
        let made = try await store.createAccount(
            id: id, email: "\(id)@example.com", name: "Somebody", passwordHash: "x", role: role, locale: nil)
        #expect(made.isDone)
        return id
    }

    func product(stock: Int?, price: Int64 = 500) async throws -> UUID16 {
        let id = newID()
        let made = try await store.createProduct(
            NewProduct(
                id: id, merchantID: merchant, accountID: owner, name: "Soup", price: price, currency: "EUR",
                stock: stock, location: "/products/1"))
        #expect(made.isDone)
        return id
    }

    /// A driver on duty, `north` metres north of the merchant.
    func driver(capacity: Int = 1, north: Double = 100) async throws -> UUID16 {
        let id = try await Self.account(store, .driver)
        let set = try await store.setDriver(id, available: true, capacity: capacity, correlationID: "test")
        #expect(set.isDone)
        try await move(id, north: north)
        return id
    }

    func move(_ driver: UUID16, north: Double) async throws {
        let report = try #require(PositionReport(coordinate: place(48.8584 + north / 111_200, 2.2945)))
        let taken = try await store.storePositions([DriverPosition(driverID: driver, report: report)], node: "node-1")
        #expect(taken.count == 1)
    }

    func newOrder(_ product: UUID16, quantity: Int = 1, key: String? = nil, body: [UInt8] = [1]) throws -> NewOrder {
        let id = newID()
        return NewOrder(
            id: id, shortCode: "ABC234", customerID: customer, merchantID: merchant,
            items: [.init(productID: product, quantity: quantity)], dropoff: try place(48.86, 2.35),
            correlationID: "corr", location: "/orders/\(id)",
            idempotency: key.map { IdempotencyKey(route: "POST /orders", key: $0, bodyHash: body) })
    }

    func order(_ product: UUID16) async throws -> UUID16 {
        let order = try newOrder(product)
        let change = try await store.place(order)
        #expect(change.refusal == nil)
        return order.id
    }

    /// One matching step of the order, as the service takes it.
    @discardableResult
    func match(_ order: UUID16) async throws -> Change? {
        let claims = try await store.claimMatching(
            order: order, limit: 1, settings: settings, silentSeconds: Self.silentSeconds)
        guard let claim = claims.first else { return nil }
        let decision = MatchingPolicy.decide(claim.snapshot, settings: settings, jitter: 0.5)
        return try await store.applyMatching(claim, decision, offers: decision.offers.map { _ in (newID(), 300) })
    }

    func accept(_ order: UUID16, _ driver: UUID16, offer: UUID16? = nil) async throws -> Change {
        try await store.accept(order, driver: driver, offer: offer, correlationID: "accept")
    }

    func move(_ order: UUID16, to status: OrderStatus, actor: ActorKind, _ actorID: UUID16?) async throws -> Change {
        let view = try #require(try await store.order(order, for: customer))
        return try await store.transition(
            order, version: view.version, to: status, actor: actor, actorID: actorID, reason: "because",
            correlationID: "move")
    }

    /// What one SQL statement says, as text.
    func sql(_ statement: String) throws -> String { try PrivatePostgres.shared.sql(statement, database: database) }
}
