import Crypto
import Domain
import EventLoop
import Wire

/// Everybody in the play, registered for this run alone: owners, customers and couriers, the restaurants and a dish each.
@Loop
final class Cast {
    struct Shop {
        var id: String
        var product: String
    }

    let run: String
    let owners: [Party]
    let customers: [Party]
    let couriers: [Party]
    private(set) var shops: [Shop] = []
    private(set) var shopIDs: Set<String> = []

    private static let restaurantsPerOwner = 25
    private static let ordersPerCustomer = 2
    private static let maximumCustomers = 500
    /// Registrations cost the cluster a password hash each.
    private static let registrationsAtOnce = 16
    /// Minor units.
    private static let prices = 890...3490
    static let currency = "EUR"

    init(day: Day, api: API) {
        let run = String(randomBits() >> 24, radix: 36)
        self.run = run
        let password = Base64URL.encode(withUnsafeBytes(of: (randomBits(), randomBits())) { Array($0) })
        func parties(_ count: Int, _ kind: String, _ role: Role) -> [Party] {
            (1...max(count, 1)).map { number in
                let account = Account(
                    name: "Replay \(kind) \(number)", email: "replay.\(run).\(kind)\(number)@example.com", role: role,
                    password: password, api: api)
                return Party(account: account, door: api.pool.door)
            }
        }
        let customerCount = (day.orders.count + Self.ordersPerCustomer - 1) / Self.ordersPerCustomer
        owners = parties(
            (day.restaurants.count + Self.restaurantsPerOwner - 1) / Self.restaurantsPerOwner, "owner", .merchant)
        customers = parties(min(customerCount, Self.maximumCustomers), "customer", .customer)
        couriers = parties(day.couriers.count, "courier", .driver)
    }

    var everybody: [Party] { owners + customers + couriers }

    func owner(ofRestaurant index: Int) -> Party { owners[index / Self.restaurantsPerOwner] }

    /// Registers all accounts, opens the restaurants, and connects owners and customers.
    func assemble(
        _ day: Day, api: API, seed: UInt64, place: @escaping @Loop (Point) -> Coordinate,
        progress: @escaping @Loop (String, Int, Int) -> Void
    ) async throws(ReplayError) {
        let all = everybody
        try await Parallel.run(all.count, atOnce: Self.registrationsAtOnce) { index throws(ReplayError) in
            try await all[index].account.register()
            progress("accounts", index + 1, all.count)
        }
        shops = [Shop](repeating: Shop(id: "", product: ""), count: day.restaurants.count)
        try await Parallel.run(shops.count, atOnce: Self.registrationsAtOnce) { index throws(ReplayError) in
            self.shops[index] = try await self.open(day.restaurants[index], index, api, seed, place)
            progress("restaurants", index + 1, day.restaurants.count)
        }
        shopIDs = Set(shops.map(\.id))
        try await Parallel.run(couriers.count, atOnce: Self.registrationsAtOnce) { index throws(ReplayError) in
            let body = jsonObject {
                $0.field("vehicle", index % 3 == 0 ? Vehicle.car.rawValue : Vehicle.bike.rawValue)
                $0.field("capacity", 1)
            }
            _ = try await api.ask(.patch, "/drivers/me", as: self.couriers[index].account, body: body)
        }
        for party in owners + customers { party.socket.start() }
        let limit = SystemTiming.shared.now + Self.connectionPatience
        for (index, party) in (owners + customers).enumerated() {
            guard await party.socket.connected(until: limit) else {
                throw .unreachable("a socket did not connect: \(party.socket.problem)")
            }
            progress("sockets", index + 1, owners.count + customers.count)
        }
    }

    private static let connectionPatience: Duration = .seconds(60)

    private func open(
        _ restaurant: Day.Restaurant, _ index: Int, _ api: API, _ seed: UInt64, _ place: (Point) -> Coordinate
    ) async throws(ReplayError) -> Shop {
        let account = owner(ofRestaurant: index).account
        let location = place(restaurant.place)
        let merchant = try await api.ask(
            .post, "/merchants", as: account,
            body: jsonObject {
                $0.field("name", "Replay \(run) \(restaurant.name)")
                $0.field("kind", "RESTAURANT")
                $0.field("location") { $0.place(location) }
                $0.field("currency", Self.currency)
            }, idempotencyKey: "\(run)-merchant-\(index)")
        guard let id = merchant["id"]?.stringValue else { throw .refused("a merchant without an id") }
        var random = SeededGenerator(seed: seed, stream: UInt64(index) + 1_000_000)
        let product = try await api.ask(
            .post, "/merchants/\(id)/products", as: account,
            body: jsonObject {
                $0.field("name", "Dish of the day")
                $0.field("price", Int.random(in: Self.prices, using: &random))
                $0.field("currency", Self.currency)
            }, idempotencyKey: "\(run)-product-\(index)")
        guard let productID = product["id"]?.stringValue else { throw .refused("a product without an id") }
        return Shop(id: id, product: productID)
    }
}

extension JSONWriter {
    /// `{"lat": …, "lng": …}`.
    mutating func place(_ place: Coordinate) {
        object {
            $0.field("lat", place.latitude)
            $0.field("lng", place.longitude)
        }
    }
}
