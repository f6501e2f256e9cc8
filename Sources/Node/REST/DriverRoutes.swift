import Domain
import EventLoop
import Realtime
import Services
import Wire

/// `drivers`: duty, vehicle and positions of a driver, and for ADMIN who is near a place.
@Loop
struct DriverRoutes {
    let support: RouteSupport
    let drivers: Drivers
    let offers: Offers

    func register(on router: Router) {
        router.on(.patch, "/api/v1/drivers/location") { request in
            await support.authenticated(request, roles: [.driver]) { identity async throws(ServiceError) in
                var input = try support.input(request)
                try await drivers.moved(identity.account, to: PositionInput.read(&input))
                return .empty(204)
            }
        }
        router.on(.get, "/api/v1/drivers/me") { request in
            await support.authenticated(request, roles: [.driver]) { identity async throws(ServiceError) in
                .json(200, try await drivers.read(identity.account))
            }
        }
        router.on(.patch, "/api/v1/drivers/me") { request in
            await support.authenticated(request, roles: [.driver]) { identity async throws(ServiceError) in
                var input = try support.input(request)
                let available = input.optionalBool("available")
                let vehicle = input.optionalChoice("vehicle", Vehicle.self)
                let capacity = input.optionalInteger("capacity", in: Self.capacities)
                try input.finish()
                return .json(
                    200,
                    try await drivers.update(
                        identity.account, available: available, vehicle: vehicle, capacity: capacity.map { Int($0) },
                        correlationID: request.correlationID))
            }
        }
        router.on(.get, "/api/v1/drivers/me/offers") { request in
            await support.authenticated(request, roles: [.driver]) { identity async throws(ServiceError) in
                .json(200, try await offers.open(of: identity.account))
            }
        }
        router.on(.get, "/api/v1/drivers/nearby") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                try await nearby(request)
            }
        }
    }

    /// Orders that one driver may carry at once (contract, drivers).
    private static let capacities: ClosedRange<Int64> = 1...10
    /// Metres, unless the request says otherwise.
    private static let nearbyRadius = 5000.0

    private func nearby(_ request: Request) async throws(ServiceError) -> Response {
        try support.allowQuery(request, ["lat", "lng", "radius", "limit"])
        guard let latitude = try support.number(request, "lat", in: Coordinate.latitudes) else {
            throw .invalid("lat", "REQUIRED", "is required")
        }
        guard let longitude = try support.number(request, "lng", in: Coordinate.longitudes),
            let place = Coordinate(latitude: latitude, longitude: longitude)
        else { throw .invalid("lng", "REQUIRED", "is required") }
        let radius = try support.number(request, "radius", in: Drivers.nearbyRadii) ?? Self.nearbyRadius
        return .json(200, try await drivers.nearby(place, radiusMeters: radius, limit: support.limit(request)))
    }
}
