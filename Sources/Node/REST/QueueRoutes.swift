import Domain
import EventLoop
import Realtime
import Services
import Store
import Wire

/// `admin/queues`: due work, and jobs that failed for good.
@Loop
struct QueueRoutes {
    let support: RouteSupport
    let jobs: JobAdministration

    func register(on router: Router) {
        router.on(.get, "/api/v1/admin/queues") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                .json(200, try await jobs.queues())
            }
        }
        router.on(.get, "/api/v1/admin/queues/:name/jobs") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                try support.allowQuery(request, ["state", "limit", "cursor"])
                return .json(
                    200,
                    try await jobs.list(
                        queue: request.parameters["name"] ?? "", state: support.choice(request, "state", JobState.self),
                        cursor: request.query["cursor"], limit: support.limit(request)))
            }
        }
        router.on(.post, "/api/v1/admin/queues/:name/jobs/:id/retry") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                .json(200, try await jobs.retry(support.id(request), queue: request.parameters["name"] ?? ""))
            }
        }
    }
}
