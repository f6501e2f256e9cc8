/// What the claim of a matching step knows of a MATCHING order, all as of one instant.
public struct MatchingSnapshot: Hashable, Sendable {
    /// The database's clock at the claim.
    public var now: TimeStamp
    /// The round that offers made now belong to. Rises after every try and with each entry into MATCHING, never falls.
    public var round: Int
    /// Tries used up since the order entered MATCHING.
    public var triesUsed: Int
    /// When the next try is due; nil before the first has failed. A step may come sooner, because a driver turned up.
    public var retryAt: TimeStamp?
    public var openOffers: [OpenOffer]
    /// In any order; those that are missing are not asked.
    public var candidates: [MatchingCandidate]

    public init(
        now: TimeStamp, round: Int, triesUsed: Int, retryAt: TimeStamp? = nil, openOffers: [OpenOffer] = [],
        candidates: [MatchingCandidate] = []
    ) {
        self.now = now
        self.round = round
        self.triesUsed = triesUsed
        self.retryAt = retryAt
        self.openOffers = openOffers
        self.candidates = candidates
    }
}
