import Crypto
import Domain
import EventLoop
import Realtime
import Services
import Store
import Wire

extension RouteSupport {
    /// As `answering`, for so many requests of one address.
    func limited(
        _ request: Request, _ rule: RateRule, _ body: () async throws(ServiceError) -> Response
    ) async -> Response {
        if let refusal = await rates?.refusal(request, rule, of: request.remoteAddress) { return refusal }
        return await answering(request, body)
    }

    /// As `authenticated`, for requests that create something: so many of one account, and each once under its
    /// idempotency key. A kept answer is given again as it was, marked as such.
    func creating(
        _ request: Request, roles: Set<Role> = Set(Role.allCases), _ rule: RateRule,
        _ body: (Identity, CreationRequest) async throws(ServiceError) -> Creation
    ) async -> Response {
        await authenticated(request, roles: roles) { identity async throws(ServiceError) in
            if let refusal = await rates?.refusal(request, rule, of: identity.account.description) { return refusal }
            let creation = CreationRequest(path: request.path, idempotency: try idempotency(request))
            return .created(try await body(identity, creation))
        }
    }

    /// Under what the answer to a request is kept; nil where it bears no `Idempotency-Key`.
    func idempotency(_ request: Request) throws(ServiceError) -> IdempotencyKey? {
        try idempotencyKey(request).map {
            IdempotencyKey(route: "\(request.method.name) \(request.path)", key: $0, bodyHash: sha256(request.body))
        }
    }
}

extension Response {
    static func created(_ creation: Creation) -> Response {
        var response = Response.resource(
            creation.status, creation.json, version: creation.version, location: creation.location)
        if creation.isReplayed { response.headers.append("Idempotent-Replayed", "true") }
        return response
    }
}
