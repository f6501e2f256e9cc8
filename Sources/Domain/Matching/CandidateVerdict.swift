/// What a matching step made of one candidate, for the order's record of decisions.
public struct CandidateVerdict: Hashable, Sendable {
    /// Raw values are what `GET orders/{id}/decisions` shows.
    public enum Outcome: String, CaseIterable, Hashable, Sendable {
        case offered = "OFFERED"
        /// Asked already, and may still answer.
        case offerOpen = "OFFER_OPEN"
        case rejectedBefore = "REJECTED_BEFORE"
        case releasedBefore = "RELEASED_BEFORE"
        /// Let an offer lapse and waits for a later round.
        case letLapse = "LET_LAPSE"
        case beyondRadius = "BEYOND_RADIUS"
        case offDuty = "OFF_DUTY"
        case silent = "SILENT"
        case atCapacity = "AT_CAPACITY"
        /// Free, but enough nearer drivers are being asked.
        case notNeeded = "NOT_NEEDED"
    }

    public var driverId: UUID16
    public var distanceMeters: Double
    public var outcome: Outcome

    public init(driverId: UUID16, distanceMeters: Double, outcome: Outcome) {
        self.driverId = driverId
        self.distanceMeters = distanceMeters
        self.outcome = outcome
    }
}
