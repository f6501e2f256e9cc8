import Domain
import EventLoop
import Realtime
import Services
import Wire

/// `orders`: what customers, merchants and ADMIN do with them, and every change of status. Offers have routes of their own.
@Loop
struct OrderRoutes {
    let support: RouteSupport
    let orders: Orders

    private typealias Change =
        @Loop (UUID16, InputReader, Identity, Int?, String) async throws(ServiceError) -> OrderAnswer

    func register(on router: Router) {
        router.on(.post, "/api/v1/orders") { request in
            await support.creating(request, roles: [.customer], .orders) {
                identity, creation async throws(ServiceError) in
                try await orders.place(
                    support.input(request), by: identity, creation, correlationID: request.correlationID)
            }
        }
        router.on(.get, "/api/v1/orders") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                try support.allowQuery(request, ["status", "limit", "cursor"])
                return .json(
                    200,
                    try await orders.list(
                        by: identity, statuses: support.choices(request, "status", OrderStatus.self),
                        cursor: request.query["cursor"], limit: support.limit(request)))
            }
        }
        router.on(.get, "/api/v1/orders/:id") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                let order = try await orders.read(support.id(request), by: identity)
                return .resource(200, order.json, version: order.version)
            }
        }
        router.on(.get, "/api/v1/orders/:id/events") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                try support.allowQuery(request, ["after", "limit", "cursor"])
                let after = try support.whole(request, "after", in: Self.sequenceNumbers) ?? 0
                let cursor = try support.whole(request, "cursor", in: Self.sequenceNumbers) ?? 0
                return .json(
                    200,
                    try await orders.events(
                        support.id(request), by: identity, after: max(after, cursor), limit: support.limit(request)))
            }
        }
        router.on(.get, "/api/v1/orders/:id/decisions") { request in
            await support.authenticated(request, roles: [.admin]) { identity async throws(ServiceError) in
                .json(200, try await orders.decisions(on: support.id(request), by: identity))
            }
        }
        registerChanges(on: router)
    }

    private func registerChanges(on router: Router) {
        change(router, "") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.move(order, body, by: identity, version: version, correlationID: correlation)
        }
        change(router, "/cancel") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.cancel(order, body, by: identity, version: version, correlationID: correlation)
        }
        change(router, "/refund") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.refund(order, body, by: identity, version: version, correlationID: correlation)
        }
        change(router, "/ship") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.ship(order, body, by: identity, version: version, correlationID: correlation)
        }
        change(router, "/deliver") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.deliver(order, body, by: identity, version: version, correlationID: correlation)
        }
        change(router, "/preparation") { order, body, identity, version, correlation async throws(ServiceError) in
            try await orders.prepare(order, body, by: identity, version: version, correlationID: correlation)
        }
    }

    /// A PATCH that answers the order as it is then, and heeds If-Match. An absent body is an empty object.
    private func change(_ router: Router, _ suffix: String, _ body: @escaping Change) {
        router.on(.patch, "/api/v1/orders/:id\(suffix)") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                let answer = try await body(
                    support.id(request), support.optionalInput(request), identity, support.expectedVersion(request),
                    request.correlationID)
                return .resource(200, answer.json, version: answer.version)
            }
        }
    }

    /// Of an order's events: an int4's.
    private static let sequenceNumbers = 0...Int(Int32.max)
}
