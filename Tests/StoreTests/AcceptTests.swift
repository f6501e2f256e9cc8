import Domain
import Store
import TestSupport
import Testing

struct AcceptTests {
    @Test func `fifty drivers accept at once and one wins`() async throws {
        try await withShop(connections: 10) { shop in
            shop.settings.offersAtOnce = 50
            let soup = try await shop.product(stock: nil)
            var drivers: [UUID16] = []
            for index in 0..<50 { drivers.append(try await shop.driver(north: Double(10 * index))) }
            let order = try await shop.order(soup)
            #expect(try await shop.match(order)?.offers.count == 50)

            let tasks = drivers.map { driver in begin { try await shop.accept(order, driver) } }
            var changes: [Change] = []
            for task in tasks { changes.append(try await task.value) }
            #expect(changes.count { $0.isDone } == 1)
            #expect(changes.count { $0.refusal == .orderAlreadyAccepted } == 49)
            let winner = try #require(changes.first { $0.isDone })
            #expect(winner.version == 3)
            #expect(winner.offers.count { $0.isWithdrawn } == 49)
            // The fence: a refusal bears the version that refused it.
            #expect(changes.allSatisfy { $0.version == 3 })
            #expect(try shop.sql("SELECT sum(load) FROM drivers") == "1")
        }
    }

    @Test func `the winner's repeat is answered again, without an event`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            let offer = try #require(try await shop.match(order)?.offers.first)
            let first = try await shop.accept(order, driver, offer: offer.offerID)
            let again = try await shop.accept(order, driver, offer: offer.offerID)
            #expect(first.isDone && again.isDone)
            #expect(first.json == again.json)
            #expect(again.events.isEmpty)
            #expect(try shop.sql("SELECT load FROM drivers") == "1")
        }
    }

    @Test func `a driver of capacity one who accepts two orders at once gets one`() async throws {
        try await withShop(connections: 4) { shop in
            let soup = try await shop.product(stock: nil)
            let driver = try await shop.driver(capacity: 1)
            for _ in 0..<20 {
                let orders = [try await shop.order(soup), try await shop.order(soup)]
                for order in orders { #expect(try await shop.match(order)?.offers.count == 1) }
                let tasks = orders.map { order in begin { (order, try await shop.accept(order, driver)) } }
                var won: [UUID16] = []
                for task in tasks {
                    let (order, change) = try await task.value
                    if change.isDone { won.append(order) } else { #expect(change.refusal == .driverAtCapacity) }
                }
                #expect(won.count == 1)
                // The surplus offer goes by a job, under its own order's lock.
                let jobs = try await shop.store.claimJobs(
                    queues: [Store.offerWithdrawalQueue], limit: 10, leaseSeconds: 30, node: "n")
                #expect(jobs.count == 1)
                let (change, remaining) = try await shop.store.withdrawOffer(of: driver, reason: .atCapacity)
                #expect(remaining == 0)
                #expect(text(try #require(change.offers.first).json).contains(#""reason":"AT_CAPACITY""#))
                #expect(try await shop.store.finishJobs(jobs) == 1)
                for order in orders {
                    let holder: (ActorKind, UUID16) =
                        won.contains(order) ? (.customer, shop.customer) : (.admin, driver)
                    #expect(try await shop.move(order, to: .cancelled, actor: holder.0, holder.1).isDone)
                }
                #expect(try shop.sql("SELECT load FROM drivers") == "0")
            }
        }
    }

    @Test func `crossed accepts of two full drivers never deadlock`() async throws {
        try await withShop(connections: 6) { shop in
            let soup = try await shop.product(stock: nil)
            let drivers = [try await shop.driver(), try await shop.driver(north: 200)]
            for _ in 0..<25 {
                let orders = [try await shop.order(soup), try await shop.order(soup)]
                for order in orders { #expect(try await shop.match(order)?.offers.count == 2) }
                // Each driver holds offers of both orders, and each accept fills its driver.
                let tasks = [(0, 0), (1, 1), (0, 1), (1, 0)].map { driver, order in
                    begin { try await shop.accept(orders[order], drivers[driver]) }
                }
                var wins = 0
                for task in tasks where try await task.value.isDone { wins += 1 }
                #expect(wins == 2)
                for order in orders {
                    #expect(try await shop.move(order, to: .cancelled, actor: .customer, shop.customer).isDone)
                }
                for driver in drivers {
                    while try await shop.store.withdrawOffer(of: driver, reason: .atCapacity).remaining > 0 {}
                }
            }
        }
    }

    @Test func `an accept from before a give-back does not win after it`() async throws {
        try await withShop { shop in
            let driver = try await shop.driver()
            let order = try await shop.order(try await shop.product(stock: nil))
            let offer = try #require(try await shop.match(order)?.offers.first)
            #expect(try await shop.accept(order, driver, offer: offer.offerID).isDone)
            let released = try await shop.move(order, to: .matching, actor: .driver, driver)
            let event = try #require(released.events.first)
            #expect(event.type == "order.matching")
            #expect(event.previousDriverID == driver)
            #expect(event.driverID == nil)
            #expect(text(event.json).contains("\"driverId\": \"\(driver)\""))
            #expect(try await shop.accept(order, driver, offer: offer.offerID).refusal == .offerExpired)
            // Nor is the driver asked for it again.
            #expect(try await shop.match(order)?.offers.isEmpty == true)
        }
    }

    @Test func `each refusal has its name`() async throws {
        try await withShop { shop in
            let soup = try await shop.product(stock: nil)
            let driver = try await shop.driver()
            let stranger = try await shop.driver(north: 20_000)
            let order = try await shop.order(soup)
            #expect(try await shop.accept(newID(), driver).refusal == .offerNotFound)
            #expect(try await shop.match(order)?.offers.count == 1)
            #expect(try await shop.accept(order, stranger).refusal == .offerNotFound)
            #expect(try await shop.accept(order, driver, offer: newID()).refusal == .offerNotFound)
            _ = try shop.sql("UPDATE offers SET expires_at = clock_timestamp()")
            #expect(try await shop.accept(order, driver).refusal == .offerExpired)
            #expect(try await shop.move(order, to: .cancelled, actor: .admin, nil).isDone)
            #expect(try await shop.accept(order, driver).refusal == .orderCancelled)
        }
    }
}
