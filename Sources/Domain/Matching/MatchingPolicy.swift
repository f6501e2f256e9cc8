/// Decides a matching step (contract, Matching). Pure: the clock is the snapshot's, randomness is passed in.
///
/// A round asks each driver at most once. Open offers are topped up, nearest first, from growing radii; a round ends
/// when no offer is open and nobody is left to ask, be it that all rejected or let lapse, or that nobody was there. That is one
/// try. After it comes a backoff, then the next round, which may ask again who let an offer lapse, but never who
/// rejected or released. The last try ends in UNASSIGNED at once.
///
/// A step that comes before the next try is due, because a driver turned up, may ask that driver (the next round begins
/// with them), but not yet those who let an offer lapse; and finding nobody, or a refusal, costs no try until it is due.
public enum MatchingPolicy {
    /// The record of one step holds no more candidates that were not asked than this: the nearest tell why.
    public static let maximumVerdicts = 50

    /// - Parameters:
    ///   - jitter: a random number of 0..<1, for the backoff.
    public static func decide(
        _ snapshot: MatchingSnapshot, settings: MatchingSettings, jitter: Double
    ) -> MatchingDecision {
        let now = snapshot.now
        let retryAt = snapshot.retryAt.flatMap { $0 > now ? $0 : nil }
        let lapsed = snapshot.openOffers.filter { $0.expiresAt <= now }
        let open = snapshot.openOffers.filter { $0.expiresAt > now }
        let asked = Asked(
            open: Set(open.map(\.driverId)), lapsedNow: Set(lapsed.map(\.driverId)),
            barredFromRound: snapshot.round - (retryAt == nil ? 0 : 1))

        let wanted = max(settings.offersAtOnce - open.count, 0)
        let expiresAt = now.advanced(bySeconds: settings.offerSeconds)
        var offers: [MatchingDecision.NewOffer] = []
        var verdicts: [CandidateVerdict] = []
        let nearestFirst = snapshot.candidates.sorted {
            ($0.distanceMeters, $0.driverId) < ($1.distanceMeters, $1.driverId)
        }
        for candidate in nearestFirst {
            var outcome = obstacle(to: candidate, asked: asked, settings: settings) ?? .notNeeded
            if outcome == .notNeeded, offers.count < wanted {
                outcome = .offered
                offers.append(
                    .init(
                        driverId: candidate.driverId, distanceMeters: candidate.distanceMeters, expiresAt: expiresAt))
            }
            if outcome == .offered || verdicts.count - offers.count < maximumVerdicts {
                verdicts.append(
                    CandidateVerdict(
                        driverId: candidate.driverId, distanceMeters: candidate.distanceMeters, outcome: outcome))
            }
        }

        var decision = MatchingDecision(
            outcome: .asking, offers: offers, lapsedOfferIds: lapsed.map(\.id), round: snapshot.round,
            triesUsed: snapshot.triesUsed, retryAt: retryAt, wakeAt: nil,
            radiusMeters: radius(reaching: offers, wanted: wanted, settings: settings), verdicts: verdicts)
        if open.isEmpty && offers.isEmpty {
            nobodyToAsk(&decision, now: now, settings: settings, jitter: jitter)
        } else {
            let deadlines = open.map(\.expiresAt) + offers.map(\.expiresAt)
            let lookAgain = offers.count < wanted ? [now.advanced(bySeconds: settings.lookAgainSeconds)] : []
            decision.wakeAt = (deadlines + lookAgain).min()
        }
        return decision
    }

    /// Who may not be asked now because of offers of this order.
    private struct Asked {
        var open: Set<UUID16>
        var lapsedNow: Set<UUID16>
        /// A lapse in this round or a later one bars.
        var barredFromRound: Int
    }

    /// Why a candidate is not asked however few are; nil for one who can be.
    private static func obstacle(
        to candidate: MatchingCandidate, asked: Asked, settings: MatchingSettings
    ) -> CandidateVerdict.Outcome? {
        if asked.open.contains(candidate.driverId) { return .offerOpen }
        switch candidate.earlierAnswer {
        case .rejected: return .rejectedBefore
        case .released: return .releasedBefore
        case .lapsed(let round) where round >= asked.barredFromRound: return .letLapse
        case .lapsed, nil: break
        }
        if asked.lapsedNow.contains(candidate.driverId) { return .letLapse }
        if !(candidate.distanceMeters <= settings.widestRadiusMeters) { return .beyondRadius }
        if !candidate.isAvailable { return .offDuty }
        if !candidate.isAlive { return .silent }
        return candidate.load >= candidate.capacity ? .atCapacity : nil
    }

    private static func nobodyToAsk(
        _ decision: inout MatchingDecision, now: TimeStamp, settings: MatchingSettings, jitter: Double
    ) {
        if let retryAt = decision.retryAt {
            decision.outcome = .waiting
            decision.wakeAt = retryAt
            return
        }
        decision.triesUsed += 1
        guard decision.triesUsed < settings.attempts else {
            decision.outcome = .unassigned
            decision.retryAt = nil
            return
        }
        let wait = settings.backoff.seconds(afterFailures: decision.triesUsed, jitter: jitter)
        decision.outcome = .retrying
        decision.round += 1
        decision.retryAt = now.advanced(bySeconds: wait)
        decision.wakeAt = decision.retryAt
    }

    private static func radius(
        reaching offers: [MatchingDecision.NewOffer], wanted: Int, settings: MatchingSettings
    ) -> Double {
        guard offers.count >= wanted else { return settings.widestRadiusMeters }
        let furthest = offers.last?.distanceMeters ?? 0
        return settings.radiiMeters.first { $0 >= furthest } ?? settings.widestRadiusMeters
    }
}
