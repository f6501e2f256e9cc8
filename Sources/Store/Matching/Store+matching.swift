public import Domain
import EventLoop
import Postgres

extension Store {
    /// The KNN query that matching and `nearest` share, all its predicates in it.
    static let nearest = PostgresStatement.rows("nearest_free_drivers", 6)
    private static let claim = PostgresStatement.rows("claim_matching", 7)
    private static let apply = PostgresStatement.rows("apply_matching", 18)
    private static let reopen = PostgresStatement.rows("reopen_unassigned", 5)

    /// For how long a claimed step is the claimer's: long against one round trip, short against a dead node.
    public static let matchingLeaseSeconds = 1.0
    /// The nearest who cannot be asked, for the record of the decision.
    private static let unaskedLimit = 10
    /// How soon an UNASSIGNED order is looked at again when no driver's move does it sooner.
    public static let recheckSeconds = 5.0

    /// Claims steps that are due; each is looked at by nobody else while its lease lasts.
    ///
    /// - Parameters:
    ///   - order: only this one, right after the change that woke it; nil: whatever is due.
    public func claimMatching(
        order: UUID16? = nil, limit: Int, settings: MatchingSettings, silentSeconds: Double
    ) async throws(StoreError) -> [MatchingClaim] {
        let rows = try await rows(
            Self.claim,
            [
                .id(order), .int(limit), .double(Self.matchingLeaseSeconds), .double(settings.widestRadiusMeters),
                .int(settings.offersAtOnce), .int(Self.unaskedLimit), .double(silentSeconds),
            ])
        return try decoding { () throws(PostgresError) in try MatchingClaim.read(rows) }
    }

    /// Carries out a decision on a claimed step. `.stale`: the order moved on, or the lease went to another, and nothing
    /// is done. The change's offers are those made and those lapsed.
    ///
    /// - Parameters:
    ///   - offers: for each offer of the decision, in its order, the id and the payout in minor units.
    public func applyMatching(
        _ claim: MatchingClaim, _ decision: MatchingDecision, offers: [(id: UUID16, payout: Int64)]
    ) async throws(StoreError) -> Change {
        guard offers.count == decision.offers.count else { throw StoreError(.failed, "offers and their ids differ") }
        return try await change(
            Self.apply,
            [
                .id(claim.orderID), .int(claim.step), .text(decision.outcome.rawValue), .int(decision.round),
                .int(decision.triesUsed), .int(decision.retryAt?.milliseconds), .int(decision.wakeAt?.milliseconds),
                .double(Self.recheckSeconds), .ids(offers.map(\.id)), .ids(decision.offers.map(\.driverId)),
                .doubles(decision.offers.map(\.distanceMeters)), .ints(offers.map(\.payout)),
                .ints(decision.offers.map(\.expiresAt.milliseconds)), .bool(decision.isNoteworthy),
                .double(decision.radiusMeters), .ids(decision.verdicts.map(\.driverId)),
                .doubles(decision.verdicts.map(\.distanceMeters)), .texts(decision.verdicts.map(\.outcome.rawValue)),
            ])
    }

    /// Brings UNASSIGNED orders back to MATCHING where somebody free is within the widest radius.
    ///
    /// - Parameters:
    ///   - drivers: who just became free or moved; nil: the orders whose time to look again has come.
    public func reopenUnassigned(
        near drivers: [UUID16]?, settings: MatchingSettings, silentSeconds: Double, limit: Int
    ) async throws(StoreError) -> Change {
        try await change(
            Self.reopen,
            [
                drivers.map(PostgresValue.ids) ?? .null, .double(settings.widestRadiusMeters), .double(silentSeconds),
                .double(Self.recheckSeconds), .int(limit),
            ])
    }

    /// The nearest free drivers, nearest first.
    ///
    /// - Parameters:
    ///   - order: leaves out who has it on offer, refused it or gave it back.
    public func nearestFreeDrivers(
        _ place: Coordinate, radiusMeters: Double, limit: Int, silentSeconds: Double, order: UUID16? = nil
    ) async throws(StoreError) -> [NearDriver] {
        let rows = try await rows(
            Self.nearest,
            [
                .double(place.latitude), .double(place.longitude), .double(radiusMeters), .int(limit),
                .double(silentSeconds), .id(order),
            ])
        return try decoding { () throws(PostgresError) in
            var drivers: [NearDriver] = []
            for row in rows {
                drivers.append(
                    NearDriver(
                        driverID: try row.id("driver_id"), distanceMeters: try row.double("distance_meters")))
            }
            return drivers
        }
    }
}
