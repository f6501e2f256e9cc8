import EventLoop
import Realtime
import Services
import Wire

/// `auth/*`: accounts come, log in, stay logged in, and go.
@Loop
struct AuthRoutes {
    let support: RouteSupport

    func register(on router: Router) {
        router.on(.post, "/api/v1/auth/register") { request in
            await support.limited(request, .register) { () async throws(ServiceError) in
                let grant = try await support.accounts.register(support.input(request))
                return secret(.resource(201, grant.json, location: "/api/v1/users/me"))
            }
        }
        router.on(.post, "/api/v1/auth/login") { request in
            await support.limited(request, .logIn) { () async throws(ServiceError) in
                secret(.json(200, try await support.accounts.logIn(support.input(request)).json))
            }
        }
        router.on(.post, "/api/v1/auth/refresh") { request in
            await support.limited(request, .refresh) { () async throws(ServiceError) in
                secret(.json(200, try await support.accounts.refresh(support.input(request)).json))
            }
        }
        router.on(.post, "/api/v1/auth/logout") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                try await support.accounts.logOut(identity)
                return .empty(204)
            }
        }
        router.on(.get, "/api/v1/auth/verify") { request in
            await support.answering(request) { () async throws(ServiceError) in
                secret(.json(200, try await support.accounts.verify(support.bearerToken(request))))
            }
        }
    }

    /// Tokens belong in no cache (RFC 6749, 5.1).
    private func secret(_ response: Response) -> Response {
        var response = response
        response.headers.append("Cache-Control", "no-store")
        return response
    }
}
