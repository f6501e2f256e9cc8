public import Domain
import EventLoop
import Postgres

extension Store {
    private static let read = PostgresStatement.value("read_driver", 1)
    private static let set = PostgresStatement.rows("set_driver", 5)
    private static let positions = PostgresStatement.rows("store_positions", 8)
    private static let seen = PostgresStatement("stamp_seen", "SELECT stamp_seen($1, $2)")
    private static let lost = PostgresStatement.rows("release_lost_drivers", 4)
    private static let nearby = PostgresStatement.value("nearby_drivers", 5)

    /// A node that has not beaten for so long is dead: five beats.
    public static let nodeDeadSeconds = 5.0

    /// The driver's resource; nil when the account is no driver.
    public func driver(_ id: UUID16) async throws(StoreError) -> [UInt8]? {
        try await json(Self.read, [.id(id)])
    }

    /// Sets what a driver says of itself; nil leaves it as it is. Going off duty ends its open offers, those too that
    /// are made meanwhile (by a job in queue `offers.withdraw`).
    public func setDriver(
        _ id: UUID16, available: Bool? = nil, vehicle: Vehicle? = nil, capacity: Int? = nil, correlationID: String
    ) async throws(StoreError) -> Change {
        try await change(
            Self.set,
            [.id(id), .bool(available), .text(vehicle?.rawValue), .int(capacity), .text(correlationID)])
    }

    /// Takes a batch of positions, also several of one driver: the newest by the device's time counts, cut to now; one
    /// older than the newest known is dropped. Returns those taken.
    public func storePositions(
        _ positions: [DriverPosition], node: String
    ) async throws(StoreError) -> [StoredPosition] {
        guard !positions.isEmpty else { return [] }
        let rows = try await rows(
            Self.positions,
            [
                .ids(positions.map(\.driverID)), .doubles(positions.map(\.report.coordinate.latitude)),
                .doubles(positions.map(\.report.coordinate.longitude)),
                .optionalDoubles(positions.map(\.report.heading)), .optionalDoubles(positions.map(\.report.speed)),
                .optionalDoubles(positions.map(\.report.accuracy)),
                .optionalInts(positions.map { $0.report.at?.milliseconds }), .text(node),
            ])
        return try decoding { () throws(PostgresError) in
            var orders: [UUID16: [StoredPosition.Order]] = [:]
            var taken: [PostgresRow] = []
            for row in rows {
                let driver = try row.id("driver_id")
                if orders[driver] == nil {
                    taken.append(row)
                    orders[driver] = []
                }
                guard let order = try row.idIfPresent("order_id") else { continue }
                orders[driver]?.append(
                    .init(
                        id: order, customerID: try row.id("customer_id"), merchantID: try row.id("merchant_id"),
                        targetMeters: try row.double("target_meters")))
            }
            var result: [StoredPosition] = []
            for row in taken {
                let driver = try row.id("driver_id")
                result.append(
                    StoredPosition(
                        driverID: driver, latitude: try row.double("lat"), longitude: try row.double("lng"),
                        heading: try row.doubleIfPresent("heading"), speed: try row.doubleIfPresent("speed"),
                        at: try row.text("at"), orders: orders[driver] ?? [],
                        vehicle: try row.textIfPresent("vehicle").flatMap(Vehicle.init(rawValue:))))
            }
            return result
        }
    }

    /// Stamps the drivers whose sockets this node holds as alive: at their connect, and all of them every
    /// `DriverSettings.stampSeconds`.
    public func stampSeen(_ drivers: [UUID16], node: String) async throws(StoreError) {
        guard !drivers.isEmpty else { return }
        _ = try await rows(Self.seen, [.ids(drivers), .text(node)])
    }

    /// Matches the orders not yet picked up of drivers anew who have been silent for `lostSeconds`.
    ///
    /// - Parameters:
    ///   - watchSeconds: for how long the caller has had the database without a gap; nobody is lost before that is as long.
    ///   - limit: orders at most.
    public func releaseLostDrivers(
        lostSeconds: Double, watchSeconds: Double, limit: Int
    ) async throws(StoreError) -> Change {
        try await change(
            Self.lost, [.double(lostSeconds), .double(Self.nodeDeadSeconds), .double(watchSeconds), .int(limit)])
    }

    /// Who is free and alive near a place, nearest first, as `{"data": […]}` with `distanceMeters`.
    public func nearbyDrivers(
        _ place: Coordinate, radiusMeters: Double, silentSeconds: Double, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        try await page(
            Self.nearby,
            [
                .double(place.latitude), .double(place.longitude), .double(radiusMeters), .int(limit),
                .double(silentSeconds),
            ])
    }
}
