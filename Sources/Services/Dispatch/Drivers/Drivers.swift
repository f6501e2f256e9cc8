public import Domain
public import EventLoop
import Store
import Wire

/// What drivers say of themselves: whether they are on duty, with what, and where they are.
@Loop
public final class Drivers {
    /// Metres of `nearby` at most: what matching could be set to.
    public static let nearbyRadii = 1.0...500_000.0

    private let store: Store
    private let silentSeconds: Double
    private let after: any AfterCommit
    private let freeDrivers: FreeDrivers
    private let volatile: any VolatileEvents
    private var writer: PositionWriter!

    init(
        store: Store, settings: DriverSettings, node: String, after: any AfterCommit, freeDrivers: FreeDrivers,
        volatile: any VolatileEvents, timing: any Timing
    ) {
        self.store = store
        silentSeconds = settings.silentSeconds
        self.after = after
        self.freeDrivers = freeDrivers
        self.volatile = volatile
        writer = PositionWriter(store: store, node: node, timing: timing) { [weak self] in self?.written($0) }
    }

    /// Positions since the start.
    public var positionStatistics: PositionStatistics { writer.statistics }

    // MARK: Themselves

    /// The driver's resource.
    ///
    /// - Throws: `NOT_FOUND` when the account is no driver.
    public func read(_ driver: UUID16) async throws(ServiceError) -> [UInt8] {
        let json = try await storing { () async throws(StoreError) in try await store.driver(driver) }
        guard let json else { throw .notFound }
        return json
    }

    /// Sets what is given; nil leaves it. Off duty: open offers end. On duty: orders that wait for somebody may go on.
    public func update(
        _ driver: UUID16, available: Bool? = nil, vehicle: Vehicle? = nil, capacity: Int? = nil, correlationID: String
    ) async throws(ServiceError) -> [UInt8] {
        let change = try await storing { () async throws(StoreError) in
            try await store.setDriver(
                driver, available: available, vehicle: vehicle, capacity: capacity, correlationID: correlationID)
        }
        guard change.isDone else { throw .notFound }
        after.follow(change)
        if available == true || capacity != nil { freeDrivers.becameFree(CollectionOfOne(driver)) }
        return change.json
    }

    /// Who is free and alive near a place, nearest first, as `{"data": […]}` with `distanceMeters`; for ADMIN.
    public func nearby(
        _ place: Coordinate, radiusMeters: Double, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        try await storing { () async throws(StoreError) in
            try await store.nearbyDrivers(
                place, radiusMeters: radiusMeters, silentSeconds: silentSeconds, limit: limit)
        }
    }

    // MARK: Positions

    /// Takes a message's positions; returns when matching can see the newest of them. Late ones are dropped.
    ///
    /// - Throws: `UNAVAILABLE` when they could not be written.
    public func moved(_ driver: UUID16, to reports: [PositionReport]) async throws(ServiceError) {
        guard !reports.isEmpty else { return }
        try await writer.write(reports, of: driver)
    }

    /// Tells whoever waits for a driver's order where it is now, and lets orders that wait for somebody look.
    private func written(_ positions: [StoredPosition]) {
        freeDrivers.moved(positions.lazy.map(\.driverID))
        for position in positions {
            for order in position.orders {
                volatile.publishVolatile(
                    event: "driver_location", json: Self.json(position, order), accounts: [order.customerID],
                    merchants: [order.merchantID])
            }
        }
    }

    private static func json(_ position: StoredPosition, _ order: StoredPosition.Order) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.object {
            $0.field("orderId", order.id.description)
            $0.field("driverId", position.driverID.description)
            $0.field("lat", position.latitude)
            $0.field("lng", position.longitude)
            $0.field("heading", position.heading.map(JSONValue.double) ?? .null)
            $0.field("speed", position.speed.map(JSONValue.double) ?? .null)
            $0.field("at", position.at)
            $0.field(
                "etaSeconds",
                ArrivalEstimate.seconds(meters: order.targetMeters, vehicle: position.vehicle ?? .bike))
        }
        return writer.bytes
    }
}
