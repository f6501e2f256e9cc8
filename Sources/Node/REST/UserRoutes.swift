import Domain
import EventLoop
import Realtime
import Services
import Wire

/// `users`: one's own account, and for ADMIN everybody's.
@Loop
struct UserRoutes {
    let support: RouteSupport

    func register(on router: Router) {
        router.on(.get, "/api/v1/users/me") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                .json(200, try await support.accounts.me(identity))
            }
        }
        router.on(.patch, "/api/v1/users/me") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                .json(200, try await support.accounts.updateMe(identity, support.input(request)))
            }
        }
        router.on(.get, "/api/v1/users") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                try support.allowQuery(request, ["q", "role", "limit", "cursor"])
                return .json(
                    200,
                    try await support.accounts.list(
                        query: support.search(request), role: support.choice(request, "role", Role.self),
                        cursor: request.query["cursor"], limit: support.limit(request)))
            }
        }
        router.on(.patch, "/api/v1/users/:id") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                .json(200, try await support.accounts.update(account: support.id(request), support.input(request)))
            }
        }
    }
}
