import Domain
import EventLoop
import Realtime
import Services
import Wire

/// A driver's answers to offers, as the socket's `offer_accept`, `offer_reject` and `order_release`.
@Loop
struct OfferRoutes {
    let support: RouteSupport
    let offers: Offers

    private typealias Answer =
        @Loop (UUID16, inout InputReader, Request, Identity) async throws(ServiceError) -> OrderAnswer

    func register(on router: Router) {
        answer(router, "accept") { order, input, request, identity async throws(ServiceError) in
            let offer = input.optionalID("offerId")
            try input.finish()
            return try await offers.accept(
                order, driver: identity.account, offer: offer, correlationID: request.correlationID)
        }
        answer(router, "reject") { order, input, request, identity async throws(ServiceError) in
            let offer = input.optionalID("offerId")
            let reason = input.optionalText("reason", characters: 0...InputLimits.noteLength)
            try input.finish()
            return try await offers.reject(
                order, driver: identity.account, offer: offer, reason: reason, correlationID: request.correlationID)
        }
        answer(router, "release") { order, input, request, identity async throws(ServiceError) in
            let reason = input.text("reason", characters: 1...InputLimits.noteLength)
            try input.finish()
            return try await offers.release(
                order, driver: identity.account, reason: reason, expected: support.expectedVersion(request),
                correlationID: request.correlationID)
        }
    }

    private func answer(_ router: Router, _ verb: String, _ body: @escaping Answer) {
        router.on(.post, "/api/v1/orders/:id/\(verb)") { request in
            await support.authenticated(request, roles: [.driver]) { identity async throws(ServiceError) in
                var input = try support.optionalInput(request)
                let answer = try await body(support.id(request), &input, request, identity)
                return .resource(200, answer.json, version: answer.version)
            }
        }
    }
}
