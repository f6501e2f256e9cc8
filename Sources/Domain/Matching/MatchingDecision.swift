/// What a matching step does; written in one transaction that checks that nothing has changed meanwhile.
public struct MatchingDecision: Hashable, Sendable {
    public struct NewOffer: Hashable, Sendable {
        public var driverId: UUID16
        public var distanceMeters: Double
        public var expiresAt: TimeStamp

        public init(driverId: UUID16, distanceMeters: Double, expiresAt: TimeStamp) {
            self.driverId = driverId
            self.distanceMeters = distanceMeters
            self.expiresAt = expiresAt
        }
    }

    /// Raw values are what `GET orders/{id}/decisions` shows.
    public enum Outcome: String, CaseIterable, Hashable, Sendable {
        /// At least one driver is being asked.
        case asking = "ASKING"
        /// Nobody to ask, and the next try is not due yet: this step counted for nothing.
        case waiting = "WAITING"
        /// Nobody left to ask: one try used up, another follows.
        case retrying = "RETRYING"
        /// Every try is used up: the order becomes UNASSIGNED.
        case unassigned = "UNASSIGNED"
    }

    public var outcome: Outcome
    /// Nearest first. They belong to the snapshot's round.
    public var offers: [NewOffer]
    /// Open offers whose time has run out (state EXPIRED, their drivers are told `EXPIRED`).
    public var lapsedOfferIds: [UUID16]
    /// What is written back to the order.
    public var round: Int
    public var triesUsed: Int
    public var retryAt: TimeStamp?
    /// When the order is looked at next; nil only when UNASSIGNED.
    public var wakeAt: TimeStamp?
    /// The smallest configured radius that holds everybody asked now; the widest when fewer could be asked than wanted.
    public var radiusMeters: Double
    /// Nearest first; everybody offered, and of the others the nearest up to `MatchingPolicy.maximumVerdicts`.
    public var verdicts: [CandidateVerdict]

    /// Something happened that is worth a row in the record of decisions; looking again in vain is not.
    public var isNoteworthy: Bool {
        !offers.isEmpty || !lapsedOfferIds.isEmpty || outcome == .retrying || outcome == .unassigned
    }
}
