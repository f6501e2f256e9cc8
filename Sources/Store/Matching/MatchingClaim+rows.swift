import Domain
import Postgres

extension MatchingClaim {
    /// Reads the rows of `claim_matching`: each order's own row comes before its offers and candidates.
    static func read(_ rows: PostgresRows) throws(PostgresError) -> [MatchingClaim] {
        var claims: [MatchingClaim] = []
        var offers: [OpenOffer] = []
        var candidates: [MatchingCandidate] = []
        var head: PostgresRow?
        func finish() throws(PostgresError) {
            guard let head else { return }
            claims.append(try MatchingClaim(head, offers, candidates))
            offers = []
            candidates = []
        }
        for row in rows {
            switch try row.text("kind") {
            case "order":
                try finish()
                head = row
            case "offer":
                offers.append(
                    OpenOffer(
                        id: try row.id("offer_id"), driverId: try row.id("driver_id"),
                        expiresAt: TimeStamp(milliseconds: try row.int("expires_at_ms"))))
            default: candidates.append(try MatchingCandidate(row))
            }
        }
        try finish()
        return claims
    }

    private init(
        _ row: PostgresRow, _ offers: [OpenOffer], _ candidates: [MatchingCandidate]
    ) throws(PostgresError) {
        orderID = try row.id("order_id")
        step = Int(try row.int("step"))
        version = Int(try row.int("version"))
        snapshot = MatchingSnapshot(
            now: TimeStamp(milliseconds: try row.int("now_ms")), round: Int(try row.int("round")),
            triesUsed: Int(try row.int("tries_used")),
            retryAt: try row.intIfPresent("retry_at_ms").map { TimeStamp(milliseconds: $0) }, openOffers: offers,
            candidates: candidates)
        total = try row.int("total")
        currency = try row.text("currency")
        deliveryMeters = try row.double("delivery_meters")
        correlationID = try row.textIfPresent("correlation_id") ?? ""
    }
}

extension MatchingCandidate {
    /// Only drivers on duty are looked for.
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let earlier: EarlierAnswer? =
            switch try row.textIfPresent("earlier") {
            case "REJECTED": .rejected
            case "RELEASED": .released
            default: try row.intIfPresent("lapsed_round").map { .lapsed(round: Int($0)) }
            }
        self.init(
            driverId: try row.id("driver_id"), distanceMeters: try row.double("distance_meters"), isAvailable: true,
            isAlive: try row.bool("alive"), load: Int(try row.int("load")), capacity: Int(try row.int("capacity")),
            earlierAnswer: earlier)
    }
}
