import Domain
import EventLoop
import Realtime
import Services
import Wire

/// `merchants`, `restaurants` and `products`.
@Loop
struct MerchantRoutes {
    let support: RouteSupport
    let catalog: Catalog

    func register(on router: Router) {
        router.on(.post, "/api/v1/merchants") { request in
            await support.creating(request, roles: [.merchant, .admin], .merchants) {
                identity, creation async throws(ServiceError) in
                try await catalog.createMerchant(support.input(request), by: identity, creation)
            }
        }
        router.on(.get, "/api/v1/merchants") { request in await list(request, kind: nil) }
        router.on(.get, "/api/v1/restaurants") { request in await list(request, kind: .restaurant) }
        router.on(.get, "/api/v1/merchants/:id") { request in
            await support.authenticated(request) { _ async throws(ServiceError) in
                .json(200, try await catalog.merchant(support.id(request)))
            }
        }
        router.on(.patch, "/api/v1/merchants/:id") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                .json(
                    200, try await catalog.updateMerchant(support.id(request), support.input(request), by: identity))
            }
        }
        router.on(.delete, "/api/v1/merchants/:id") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                try await catalog.deleteMerchant(support.id(request), by: identity)
                return .empty(204)
            }
        }
        registerProducts(on: router)
    }

    private func registerProducts(on router: Router) {
        router.on(.post, "/api/v1/merchants/:id/products") { request in
            await support.creating(request, roles: [.merchant, .admin], .products) {
                identity, creation async throws(ServiceError) in
                try await catalog.createProduct(
                    of: support.id(request), support.input(request), by: identity, creation)
            }
        }
        router.on(.get, "/api/v1/merchants/:id/products") { request in
            await support.authenticated(request) { _ async throws(ServiceError) in
                try await products(request, of: support.id(request))
            }
        }
        router.on(.get, "/api/v1/products") { request in
            await support.authenticated(request) { _ async throws(ServiceError) in
                try await products(request, of: nil)
            }
        }
        router.on(.get, "/api/v1/merchants/:id/products/:product") { request in
            await support.authenticated(request) { _ async throws(ServiceError) in
                .json(200, try await catalog.product(support.id(request, "product"), of: support.id(request)))
            }
        }
        router.on(.patch, "/api/v1/merchants/:id/products/:product") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                .json(
                    200,
                    try await catalog.updateProduct(
                        support.id(request, "product"), of: support.id(request), support.input(request),
                        by: identity))
            }
        }
        router.on(.delete, "/api/v1/merchants/:id/products/:product") { request in
            await support.authenticated(request) { identity async throws(ServiceError) in
                try await catalog.deleteProduct(
                    support.id(request, "product"), of: support.id(request), by: identity)
                return .empty(204)
            }
        }
    }

    private func products(_ request: Request, of merchant: UUID16?) async throws(ServiceError) -> Response {
        try support.allowQuery(request, ["q", "limit", "cursor"])
        return .json(
            200,
            try await catalog.listProducts(
                of: merchant, query: support.search(request), cursor: request.query["cursor"],
                limit: support.limit(request)))
    }

    /// - Parameter kind: the only one that the path lists; nil: the query says.
    private func list(_ request: Request, kind: MerchantKind?) async -> Response {
        await support.authenticated(request) { _ async throws(ServiceError) in
            var known: Set<String> = ["lat", "lng", "radius", "q", "limit", "cursor"]
            if kind == nil { known.insert("kind") }
            try support.allowQuery(request, known)
            let place = try place(request)
            let radius = try support.number(request, "radius", in: 0...Self.widestRadius)
            guard radius == nil || place != nil else { throw .invalid("lat", "REQUIRED", "is required with radius") }
            let asked = try support.choice(request, "kind", MerchantKind.self)
            return .json(
                200,
                try await catalog.listMerchants(
                    near: place, radiusMeters: radius, kind: kind ?? asked, query: support.search(request),
                    cursor: request.query["cursor"], limit: support.limit(request)))
        }
    }

    /// Both coordinates or none.
    private func place(_ request: Request) throws(ServiceError) -> Coordinate? {
        let latitude = try support.number(request, "lat", in: Coordinate.latitudes)
        let longitude = try support.number(request, "lng", in: Coordinate.longitudes)
        switch (latitude, longitude) {
        case (nil, nil): return nil
        case (let latitude?, let longitude?): return Coordinate(latitude: latitude, longitude: longitude)
        case (nil, _): throw .invalid("lat", "REQUIRED", "is required with lng")
        case (_, nil): throw .invalid("lng", "REQUIRED", "is required with lat")
        }
    }

    /// Metres: half the earth's circumference, rounded up.
    private static let widestRadius = 20_040_000.0
}
