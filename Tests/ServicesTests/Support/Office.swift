import Crypto
import Domain
import EventLoop
import Postgres
import Services
import Store
import Telemetry
import TestSupport
import Testing
import Wire

/// A database at this build's schema, made once and copied for each test.
private let template: Task<String, any Error> = Task {
    let name = try PrivatePostgres.shared.makeDatabase()
    try await onLoop {
        let store = try Store(PostgresPool(PostgresConfiguration(url: PrivatePostgres.shared.url(database: name))))
        try await store.migrate()
    }
    return name
}

/// Runs the body on the loop with the services over a database of its own.
func withOffice(
    _ settings: AccountSettings? = nil, _ body: @escaping @Loop @Sendable (Office) async throws -> Void
) async throws {
    let database = try PrivatePostgres.shared.makeDatabase(from: try await template.value)
    let cheap = try #require(ScryptCost(logN: 4))
    try await onLoop {
        var configuration = try PostgresConfiguration(url: PrivatePostgres.shared.url(database: database))
        configuration.connections = 2
        let pool = PostgresPool(configuration)
        pool.start()
        do {
            try await body(Office(Store(pool), settings ?? AccountSettings(passwordCost: cheap)))
        } catch {
            await pool.stop()
            throw error
        }
        await pool.stop()
    }
    try PrivatePostgres.shared.dropDatabase(database)
}

/// What the services told.
@Loop
final class Notes: AccessEvents, AfterCommit, MembershipEvents {
    private(set) var access: [AccessChange] = []
    private(set) var events: [EventRecord] = []
    private(set) var memberships: [MerchantMembership] = []

    func publish(access: AccessChange) { self.access.append(access) }
    func publish(membership: MerchantMembership) { memberships.append(membership) }
    func follow(events: [EventRecord], offers: [OfferRecord]) { self.events += events }
}

/// The services of one node, with a clock that stands still.
@Loop
final class Office {
    static let password = "correct horse"
    static let secret = Array("a secret of more than thirty-two bytes".utf8)

    let store: Store
    let timing = ManualTiming()
    let notes = Notes()
    let accounts: Accounts
    let catalog: Catalog
    let orders: Orders
    private var created = 0

    init(_ store: Store, _ settings: AccountSettings) {
        self.store = store
        let identifiers = IdentifierSource(timing: SystemTiming.shared)
        accounts = Accounts(
            store: store, signer: TokenSigner(secret: Self.secret), settings: settings, identifiers: identifiers,
            events: notes, timing: timing, log: .silent)
        catalog = Catalog(store: store, identifiers: identifiers, memberships: notes)
        orders = Orders(store: store, identifiers: identifiers, afterCommit: notes)
    }

    /// A fresh account that is logged in.
    func somebody(_ role: Role) async throws -> Identity {
        created += 1
        let email = "somebody\(created)@example.com"
        if role == .admin {
            _ = try await accounts.createAdmin(email: email, password: Self.password)
        } else {
            let body = #"{"email":"\#(email)","password":"\#(Self.password)","name":"N","role":"\#(role.rawValue)"}"#
            _ = try await accounts.register(input(body))
        }
        let grant = try await accounts.logIn(input(#"{"email":"\#(email)","password":"\#(Self.password)"}"#))
        return Identity(account: grant.account, session: grant.session, role: role)
    }

    func merchant(of owner: Identity) async throws -> UUID16 {
        let made = try await catalog.createMerchant(
            input(#"{"name":"Zinc","kind":"RESTAURANT","location":{"lat":48.8584,"lng":2.2945},"currency":"EUR"}"#),
            by: owner, CreationRequest(path: "/merchants"))
        return try id(in: made.json)
    }

    func product(of merchant: UUID16, by owner: Identity, stock: Int? = nil) async throws -> UUID16 {
        let stock = stock.map(String.init) ?? "null"
        let made = try await catalog.createProduct(
            of: merchant, input(#"{"name":"Soup","price":500,"currency":"EUR","stock":\#(stock)}"#), by: owner,
            CreationRequest(path: "/products"))
        return try id(in: made.json)
    }

    func order(_ merchant: UUID16, _ product: UUID16, quantity: Int = 1) throws -> InputReader {
        try input(
            """
            {"merchantId":"\(merchant)","items":[{"productId":"\(product)","quantity":\(quantity)}],
            "dropoff":{"lat":48.86,"lng":2.3}}
            """)
    }

    /// Brings a driver to an order by matching and an accepted offer.
    func assign(_ order: UUID16, to driver: Identity) async throws {
        _ = try await store.setDriver(driver.account, available: true, correlationID: "t")
        let place = try #require(Coordinate(latitude: 48.8585, longitude: 2.2945))
        let report = try #require(PositionReport(coordinate: place))
        _ = try await store.storePositions([DriverPosition(driverID: driver.account, report: report)], node: "n")
        let settings = MatchingSettings()
        let claims = try await store.claimMatching(order: order, limit: 1, settings: settings, silentSeconds: 60)
        let claim = try #require(claims.first)
        let decision = MatchingPolicy.decide(claim.snapshot, settings: settings, jitter: 0.5)
        let ids = IdentifierSource(timing: SystemTiming.shared)
        _ = try await store.applyMatching(claim, decision, offers: decision.offers.map { _ in (ids.next(), 300) })
        let accepted = try await store.accept(order, driver: driver.account, offer: nil, correlationID: "t")
        #expect(accepted.isDone)
    }
}

func input(_ json: String) throws(ServiceError) -> InputReader { try InputReader(body: Array(json.utf8)) }

func member(_ name: String, of json: [UInt8]) throws -> JSONValue {
    let value = try JSONValue.parse(json)
    return try #require(value[name])
}

func id(in json: [UInt8]) throws -> UUID16 {
    let text = try #require(member("id", of: json).stringValue)
    return try #require(UUID16(text))
}

/// The code with which something is refused; nil when it is not.
@Loop
func refusal(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let error as ServiceError {
        return error.code
    } catch {
        return "\(error)"
    }
}
