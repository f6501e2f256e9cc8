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
            let creation = try await body(identity, creationRequest(request))
            var response = Response.resource(
                creation.status, creation.json, version: creation.version, location: creation.location)
            if creation.isReplayed { response.headers.append("Idempotent-Replayed", "true") }
            return response
        }
    }

    private func creationRequest(_ request: Request) throws(ServiceError) -> CreationRequest {
        let path = request.path
        let key = try idempotencyKey(request).map {
            IdempotencyKey(route: "\(request.method.name) \(path)", key: $0, bodyHash: sha256(request.body))
        }
        return CreationRequest(path: path, idempotency: key)
    }
}
