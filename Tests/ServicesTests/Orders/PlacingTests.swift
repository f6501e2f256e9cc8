import Domain
import EventLoop
import Services
import Store
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct PlacingTests {
    @Test func `an order takes its prices from the catalogue, and what follows is begun`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let merchant = try await office.merchant(of: owner)
            let product = try await office.product(of: merchant, by: owner)
            let customer = try await office.somebody(.customer)
            let made = try await office.orders.place(
                input(
                    """
                    {"merchantId":"\(merchant)","items":[{"productId":"\(product)","quantity":3}],
                    "dropoff":{"lat":48.86,"lng":2.3,"address":"1 rue X","note":"2nd floor","contact":{"phone":"1"}},
                    "externalId":"e-1","metadata":{"a":"b"}}
                    """), by: customer, CreationRequest(path: "/api/v1/orders"), correlationID: "c")
            let order = try id(in: made.json)
            #expect(made.status == 202)
            #expect(made.location == "/api/v1/orders/\(order)")
            #expect(made.version == 2)
            #expect(try member("total", of: made.json) == .integer(1500))
            #expect(try member("status", of: made.json) == .string("MATCHING"))
            #expect(try member("metadata", of: made.json)["a"] == .string("b"))
            #expect(try member("dropoff", of: made.json)["contact"]?["phone"] == .string("1"))
            #expect(office.notes.events.map(\.type) == ["order.created", "order.matching"])
        }
    }

    @Test func `what is wrong with an order is named, field by field`() async throws {
        try await withOffice { office in
            let customer = try await office.somebody(.customer)
            let pairs = (0..<21).map { #""k\#($0)":"v""# }.joined(separator: ",")
            do throws(ServiceError) {
                _ = try await office.orders.place(
                    input(
                        """
                        {"merchantId":"x","items":[],"dropoff":{"lat":91,"lng":2},"metadata":{\(pairs)},"total":1}
                        """), by: customer, CreationRequest(path: "/o"), correlationID: "c")
                Issue.record("placed")
            } catch {
                #expect(error.code == "UNKNOWN_FIELD")
                #expect(
                    error.fields.map { "\($0.field) \($0.code)" } == [
                        "merchantId INVALID_VALUE", "items OUT_OF_RANGE", "dropoff.lat OUT_OF_RANGE",
                        "metadata OUT_OF_RANGE", "total UNKNOWN_FIELD",
                    ])
            }
        }
    }

    @Test func `what is not served yet is refused by name`() async throws {
        try await withOffice { office in
            let customer = try await office.somebody(.customer)
            let rest = #""items":[{"productId":"\#(customer.account)","quantity":1}],"dropoff":{"lat":1,"lng":2}"#
            for field in [#""payment":"CARD""#, #""fulfilment":"PARCEL""#] {
                let code = await refusal {
                    _ = try await office.orders.place(
                        input(#"{"merchantId":"\#(customer.account)",\#(rest),\#(field)}"#), by: customer,
                        CreationRequest(path: "/o"), correlationID: "c")
                }
                #expect(code == "NOT_AVAILABLE")
            }
        }
    }

    @Test func `stock that is not there, and names of nothing, are told apart`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let merchant = try await office.merchant(of: owner)
            let product = try await office.product(of: merchant, by: owner, stock: 2)
            let customer = try await office.somebody(.customer)
            func place(_ merchant: UUID16, _ product: UUID16, _ quantity: Int) async -> String? {
                await refusal {
                    _ = try await office.orders.place(
                        office.order(merchant, product, quantity: quantity), by: customer, CreationRequest(path: "/o"),
                        correlationID: "c")
                }
            }
            #expect(await place(merchant, product, 3) == "OUT_OF_STOCK")
            #expect(await place(product, product, 1) == "MERCHANT_NOT_FOUND")
            #expect(await place(merchant, merchant, 1) == "PRODUCT_NOT_FOUND")
            #expect(await place(merchant, product, 2) == nil)
            #expect(await place(merchant, product, 1) == "OUT_OF_STOCK")
        }
    }

    @Test func `one key places one order, told once and byte for byte the same`() async throws {
        try await withOffice { office in
            let owner = try await office.somebody(.merchant)
            let merchant = try await office.merchant(of: owner)
            let product = try await office.product(of: merchant, by: owner)
            let customer = try await office.somebody(.customer)
            let request = CreationRequest(
                path: "/o", idempotency: IdempotencyKey(route: "POST /o", key: "k", bodyHash: [1]))
            let first = try await office.orders.place(
                office.order(merchant, product), by: customer, request, correlationID: "c")
            let again = try await office.orders.place(
                office.order(merchant, product), by: customer, request, correlationID: "d")
            #expect(again.isReplayed)
            #expect(again.json == first.json)
            #expect(again.location == first.location)
            #expect(again.status == 202 && again.version == 2)
            #expect(office.notes.events.count == 2)
        }
    }
}
