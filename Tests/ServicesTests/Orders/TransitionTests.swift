import Domain
import EventLoop
import Services
import Store
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct TransitionTests {
    /// An order of a customer at a merchant's.
    private struct Case {
        let owner: Identity
        let customer: Identity
        let driver: Identity
        let order: UUID16
    }

    @Loop private static func placed(_ office: Office) async throws -> Case {
        let owner = try await office.somebody(.merchant)
        let merchant = try await office.merchant(of: owner)
        let product = try await office.product(of: merchant, by: owner)
        let customer = try await office.somebody(.customer)
        let made = try await office.orders.place(
            office.order(merchant, product), by: customer, CreationRequest(path: "/o"), correlationID: "c")
        return Case(
            owner: owner, customer: customer, driver: try await office.somebody(.driver), order: try id(in: made.json))
    }

    @Loop private static func move(
        _ office: Office, _ order: UUID16, _ status: String, by identity: Identity, reason: String? = nil,
        version: Int? = nil
    ) async throws(ServiceError) -> OrderAnswer {
        let reason = reason.map { #","reason":"\#($0)""# } ?? ""
        return try await office.orders.move(
            order, input(#"{"status":"\#(status)"\#(reason)}"#), by: identity, version: version, correlationID: "m")
    }

    @Test func `a driver brings an order to its end, step by step, and every step is an event`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            try await office.assign(it.order, to: it.driver)
            for status in ["DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"] {
                let answer = try await Self.move(office, it.order, status, by: it.driver)
                #expect(try member("status", of: answer.json) == .string(status))
            }
            let page = try await office.orders.events(it.order, by: it.customer, after: 0, limit: 100)
            let types = try #require(member("data", of: page).arrayValue).compactMap { $0["type"]?.stringValue }
            #expect(
                types == [
                    "order.created", "order.matching", "order.accepted", "order.driver_arriving", "order.picked_up",
                    "order.delivered",
                ])
            #expect(office.notes.events.last?.previousDriverID == it.driver.account)
        }
    }

    @Test func `a stranger finds no order, a party without the right is told so`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            let stranger = try await office.somebody(.customer)
            #expect(await refusal { _ = try await office.orders.read(it.order, by: stranger) } == "NOT_FOUND")
            #expect(await refusal { _ = try await office.orders.read(it.order, by: it.driver) } == "NOT_FOUND")
            #expect(
                await refusal { _ = try await Self.move(office, it.order, "CANCELLED", by: stranger) } == "NOT_FOUND")
            #expect(
                await refusal { _ = try await Self.move(office, it.order, "DELIVERED", by: it.customer) } == "FORBIDDEN"
            )
            let read = try await office.orders.read(it.order, by: it.owner)
            #expect(read.version == 2)
        }
    }

    @Test func `an order is cancelled once, and a stale version is refused`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            #expect(
                await refusal {
                    _ = try await Self.move(office, it.order, "CANCELLED", by: it.customer, version: 1)
                } == "VERSION_MISMATCH")
            let cancelled = try await office.orders.cancel(
                it.order, input(#"{"reason":"late"}"#), by: it.customer, version: 2, correlationID: "c")
            #expect(cancelled.version == 3)
            #expect(
                await refusal {
                    _ = try await office.orders.cancel(
                        it.order, input("{}"), by: it.customer, version: nil, correlationID: "c")
                } == "INVALID_TRANSITION")
        }
    }

    @Test func `of two at the same moment both get a true answer`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            let tasks = [it.customer, it.owner].map { identity in
                Task.immediate(executorPreference: Loop.taskExecutor) { @Loop in
                    await refusal { _ = try await Self.move(office, it.order, "CANCELLED", by: identity) }
                }
            }
            var codes: [String] = []
            for task in tasks { codes.append(await task.value ?? "OK") }
            #expect(codes.sorted() == ["INVALID_TRANSITION", "OK"])
        }
    }

    @Test func `preparation is the merchant's, may be repeated, and goes on while the order moves`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            func prepare(_ body: String, _ identity: Identity) async throws(ServiceError) -> OrderAnswer {
                try await office.orders.prepare(
                    it.order, input(body), by: identity, version: nil, correlationID: "p")
            }
            #expect(await refusal { _ = try await prepare(#"{"state":"READY"}"#, it.customer) } == "FORBIDDEN")
            #expect(await refusal { _ = try await prepare(#"{"state":"WAITING"}"#, it.owner) } == "VALIDATION_FAILED")
            let first = try await prepare(
                #"{"state":"PREPARING","readyAt":"2026-11-21T09:30:00.123Z"}"#, it.owner)
            #expect(first.version == 3)
            #expect(
                try member("preparation", of: first.json)["readyAt"] == .string("2026-11-21T09:30:00.123Z"))
            let again = try await prepare(#"{"state":"PREPARING"}"#, it.owner)
            #expect(again.version == 3)
            let ready = try await prepare(#"{"state":"READY"}"#, it.owner)
            #expect(try member("status", of: ready.json) == .string("MATCHING"))
            #expect(
                await refusal { _ = try await prepare(#"{"state":"PREPARING"}"#, it.owner) } == "INVALID_TRANSITION")
        }
    }

    @Test func `a driver who gives an order back says why, and no longer sees what follows`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            try await office.assign(it.order, to: it.driver)
            #expect(
                await refusal { _ = try await Self.move(office, it.order, "MATCHING", by: it.driver) }
                    == "VALIDATION_FAILED")
            _ = try await Self.move(office, it.order, "MATCHING", by: it.driver, reason: "flat tyre")
            #expect(await refusal { _ = try await office.orders.read(it.order, by: it.driver) } == "NOT_FOUND")
        }
    }

    @Test func `events come in pages past a seq`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            let first = try await office.orders.events(it.order, by: it.customer, after: 0, limit: 1)
            #expect(try member("nextCursor", of: first) == .string("1"))
            let second = try await office.orders.events(it.order, by: it.customer, after: 1, limit: 1)
            #expect(try member("nextCursor", of: second) == .null)
            #expect(try member("data", of: second)[0]?["seq"] == .integer(2))
        }
    }

    @Test func `a list holds the orders of whoever asks, by status`() async throws {
        try await withOffice { office in
            let it = try await Self.placed(office)
            func count(_ identity: Identity, _ statuses: [OrderStatus]) async throws -> Int? {
                let page = try await office.orders.list(by: identity, statuses: statuses, cursor: nil, limit: 20)
                return try member("data", of: page).arrayValue?.count
            }
            #expect(try await count(it.customer, []) == 1)
            #expect(try await count(it.owner, [.matching]) == 1)
            #expect(try await count(it.customer, [.delivered, .cancelled]) == 0)
            #expect(try await count(it.driver, []) == 0)
        }
    }
}
