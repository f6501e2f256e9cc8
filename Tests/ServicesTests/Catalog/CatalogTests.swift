import Domain
import EventLoop
import Services
import Store
import Telemetry
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct CatalogTests {
    @Test func `a merchant is changed by its members and by ADMIN alone, and only a merchant makes one`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let rival = try await office.somebody(.merchant)
            let admin = try await office.somebody(.admin)
            let customer = try await office.somebody(.customer)
            let merchant = try await office.merchant(of: owner)
            let change = try input(#"{"name":"Other","address":"1 rue X"}"#)
            #expect(
                await refusal { _ = try await office.catalog.updateMerchant(merchant, change, by: rival) }
                    == "FORBIDDEN")
            #expect(await refusal { _ = try await office.merchant(of: customer) } == "FORBIDDEN")
            _ = try await office.catalog.updateMerchant(merchant, change, by: owner)
            let json = try await office.catalog.updateMerchant(merchant, input(#"{"address":null}"#), by: admin)
            #expect(try member("name", of: json) == .string("Other"))
            #expect(try member("address", of: json) == .null)
            try await office.catalog.deleteMerchant(merchant, by: owner)
            #expect(await refusal { _ = try await office.catalog.merchant(merchant) } == "NOT_FOUND")
        }
    }

    @Test func `the same key and body make one merchant, another body is refused`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let body = #"{"name":"Zinc","kind":"STORE","location":{"lat":1,"lng":2},"currency":"EUR"}"#
            func make(_ hash: [UInt8]) async throws(ServiceError) -> Creation {
                try await office.catalog.createMerchant(
                    input(body), by: owner,
                    CreationRequest(
                        path: "/merchants", idempotency: IdempotencyKey(route: "r", key: "k", bodyHash: hash)))
            }
            let first = try await make([1])
            let again = try await make([1])
            #expect(!first.isReplayed && again.isReplayed)
            #expect(again.json == first.json)
            #expect(again.location == first.location)
            #expect(again.status == 201)
            #expect(await refusal { _ = try await make([2]) } == "IDEMPOTENCY_KEY_REUSED")
        }
    }

    @Test func `a product bears its merchant's currency, and its stock may become unlimited`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let merchant = try await office.merchant(of: owner)
            let foreign = try input(#"{"name":"Soup","price":1,"currency":"USD"}"#)
            #expect(
                await refusal {
                    _ = try await office.catalog.createProduct(
                        of: merchant, foreign, by: owner, CreationRequest(path: "/p"))
                } == "CURRENCY_MISMATCH")
            let product = try await office.product(of: merchant, by: owner, stock: 3)
            let priced = try await office.catalog.updateProduct(
                product, of: merchant, input(#"{"price":7}"#), by: owner)
            #expect(try member("stock", of: priced) == .integer(3))
            let unlimited = try await office.catalog.updateProduct(
                product, of: merchant, input(#"{"stock":null}"#), by: owner)
            #expect(try member("stock", of: unlimited) == .null)
            #expect(try member("price", of: unlimited) == .integer(7))
        }
    }

    @Test func `a cursor that no page ended with is refused`() async throws {
        try await withOffice { office in
            #expect(
                await refusal {
                    _ = try await office.catalog.listProducts(of: nil, query: nil, cursor: "nonsense", limit: 1)
                } == "VALIDATION_FAILED")
        }
    }

    @Test func `demo data are made once, by however many nodes`() async throws {
        try await withOffice { office in
            let seeding = Seeding(accounts: office.accounts, store: office.store, log: .silent)
            let both = (0..<2).map { _ in
                Task.immediate(executorPreference: Loop.taskExecutor) { @Loop in try await seeding.run() }
            }
            for task in both { try await task.value }
            try await seeding.run()
            let merchants = try await office.catalog.listMerchants(
                near: Coordinate(latitude: 48.8584, longitude: 2.2945), radiusMeters: 2000, kind: nil, query: nil,
                cursor: nil, limit: 100)
            #expect(try member("data", of: merchants).arrayValue?.count == 5)
            let products = try await office.catalog.listProducts(of: nil, query: nil, cursor: nil, limit: 100)
            #expect(try member("data", of: products).arrayValue?.count == 14)
            for role in ["admin", "customer", "driver", "merchant"] {
                _ = try await office.accounts.logIn(
                    input(#"{"email":"\#(role)@example.com","password":"lastmile-demo"}"#))
            }
        }
    }
}
