import Domain
import EventLoop
import Postgres
import Services
import Store
import Telemetry
import TestSupport
import Testing

/// A database at this build's schema, made once and copied for each test.
private let template: Task<String, any Error> = Task {
    let name = try PrivatePostgres.shared.makeDatabase()
    try await onLoop {
        let store = try Store(PostgresPool(Town.configuration(of: name)))
        try await store.migrate()
    }
    return name
}

/// Runs the body on the loop with a town of its own: a migrated database, a customer, a shop, a node that is not started.
func withTown(
    matching: MatchingSettings = MatchingSettings(), drivers: DriverSettings = DriverSettings(),
    _ body: @escaping @Loop @Sendable (Town) async throws -> Void
) async throws {
    let database = try PrivatePostgres.shared.makeDatabase(from: try await template.value)
    try await onLoop {
        let pool = PostgresPool(try Town.configuration(of: database))
        pool.start()
        let town = try await Town(Store(pool), database: database, matching: matching, drivers: drivers)
        do {
            try await body(town)
        } catch {
            await town.stop()
            throw error
        }
        await town.stop()
    }
    try PrivatePostgres.shared.dropDatabase(database)
}

@Loop
final class Town {
    nonisolated static func configuration(of database: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: PrivatePostgres.shared.url(database: database))
    }

    let store: Store
    let database: String
    let timing = ManualTiming(wallMilliseconds: SystemTiming.shared.wallMilliseconds)
    let recorder = Recorder()
    let lock = FakeLock()
    let dispatch: Dispatch
    let customer: UUID16
    let merchant: UUID16
    private let ids = IdentifierSource(timing: SystemTiming.shared)
    private let product: UUID16

    init(_ store: Store, database: String, matching: MatchingSettings, drivers: DriverSettings) async throws {
        self.store = store
        self.database = database
        dispatch = Dispatch(
            store: store, matching: matching, drivers: drivers, node: .init(name: "node-1", epoch: "e", version: "1"),
            live: recorder, volatile: recorder, connected: recorder, lock: lock, identifiers: ids, timing: timing,
            log: .silent)
        customer = try await Self.account(store, ids.next(), .customer)
        let owner = try await Self.account(store, ids.next(), .merchant)
        merchant = ids.next()
        let made = try await store.createMerchant(
            NewMerchant(
                id: merchant, ownerID: owner, name: "Shop", kind: "RESTAURANT", place: Self.place(north: 0),
                address: nil, currency: "EUR", location: "/merchants/1"))
        #expect(made.isDone)
        product = ids.next()
        let soup = try await store.createProduct(
            NewProduct(
                id: product, merchantID: merchant, accountID: owner, name: "Soup", price: 500, currency: "EUR",
                stock: nil, location: "/products/1"))
        #expect(soup.isDone)
    }

    func stop() async {
        await dispatch.stop()
        await store.pool.stop()
    }

    nonisolated static func place(north: Double) throws -> Coordinate {
        try #require(Coordinate(latitude: 48.8584 + north / 111_200, longitude: 2.2945))
    }

    private static func account(_ store: Store, _ id: UUID16, _ role: Role) async throws -> UUID16 {
        let made = try await store.createAccount(
            id: id, email: "\(id)@example.com", name: "Somebody", passwordHash: "x", role: role, locale: nil)
        #expect(made.isDone)
        return id
    }

    /// A driver `north` metres north of the shop, on duty unless said otherwise.
    func driver(north: Double = 100, capacity: Int = 1, available: Bool = true) async throws -> UUID16 {
        let id = try await Self.account(store, ids.next(), .driver)
        let set = try await store.setDriver(id, available: available, capacity: capacity, correlationID: "test")
        #expect(set.isDone)
        let report = try #require(PositionReport(coordinate: Self.place(north: north)))
        let taken = try await store.storePositions([DriverPosition(driverID: id, report: report)], node: "node-1")
        #expect(taken.count == 1)
        return id
    }

    /// Drivers 100, 200, … metres away.
    func drivers(_ count: Int) async throws -> [UUID16] {
        var drivers: [UUID16] = []
        for index in 1...count { drivers.append(try await driver(north: Double(100 * index))) }
        return drivers
    }

    /// Places an order; what follows the commit is left to the caller.
    func place() async throws -> Change {
        let id = ids.next()
        let change = try await store.place(
            NewOrder(
                id: id, shortCode: "ABC234", customerID: customer, merchantID: merchant,
                items: [.init(productID: product, quantity: 1)], dropoff: Self.place(north: 2_000),
                correlationID: "corr", location: "/orders/\(id)"))
        #expect(change.isDone)
        return change
    }

    /// Places an order, as a node does, and returns it once `offers` are open.
    func order(offers: Int) async throws -> UUID16 {
        let change = try await place()
        follow(change)
        let order = try #require(change.orderID)
        await recorder.until { [recorder] in recorder.open(order).count == offers }
        return order
    }

    func follow(_ change: Change) { dispatch.afterCommit.follow(events: change.events, offers: change.offers) }

    func accept(_ order: UUID16, _ driver: UUID16, offer: UUID16? = nil) async -> Result<OrderAnswer, ServiceError> {
        do throws(ServiceError) {
            return .success(
                try await dispatch.offers.accept(order, driver: driver, offer: offer, correlationID: "accept"))
        } catch {
            return .failure(error)
        }
    }

    /// Lets the sweeps come round until matching has looked `times` more times.
    func sweep(_ times: Int = 1) async {
        for _ in 0..<times {
            let wanted = dispatch.matching.statistics.sweeps + 1
            while dispatch.matching.statistics.sweeps < wanted {
                timing.advance(by: Matching.sweepInterval)
                _ = await store.ping(timeout: .seconds(5))
            }
        }
    }

    /// What one SQL statement says, as text. Not over the node's connections, and not on its loop.
    @discardableResult
    func sql(_ statement: String) async throws -> String {
        let database = database
        return try await offLoop { try PrivatePostgres.shared.sql(statement, database: database) }
    }
}

extension Result where Failure == ServiceError {
    /// `OK`, or the refusal's code.
    var code: String {
        switch self {
        case .success: "OK"
        case .failure(let error): error.code
        }
    }
}
