import Domain
import Testing

@Suite struct MatchingPolicyTests {
    let settings = MatchingSettings()

    func decide(
        _ candidates: [MatchingCandidate], open: [OpenOffer] = [], now: Double = 100, round: Int = 1, tries: Int = 0,
        retryAt: Double? = nil, settings: MatchingSettings? = nil
    ) -> MatchingDecision {
        MatchingPolicy.decide(
            MatchingSnapshot(
                now: at(now), round: round, triesUsed: tries, retryAt: retryAt.map(at), openOffers: open,
                candidates: candidates),
            settings: settings ?? self.settings, jitter: exactly)
    }

    @Test func `the nearest are asked, as many as offers at once`() {
        let decision = decide([candidate(1, 900), candidate(2, 100), candidate(3, 500), candidate(4, 300)])
        #expect(decision.offers.map(\.driverId) == [driver(2), driver(4), driver(3)])
        #expect(decision.offers.allSatisfy { $0.expiresAt == at(115) })
        #expect(decision.outcome == .asking)
        #expect(decision.wakeAt == at(115))
        #expect(decision.verdicts.map(\.outcome) == [.offered, .offered, .offered, .notNeeded])
        #expect(decision.radiusMeters == 1000)
        #expect(decision.isNoteworthy)
    }

    @Test func `equal distances are asked in the order of ids`() {
        let decision = decide([candidate(9, 100), candidate(3, 100), candidate(7, 100), candidate(5, 100)])
        #expect(decision.offers.map(\.driverId) == [driver(3), driver(5), driver(7)])
    }

    @Test func `radii grow until enough are found, and no further than the widest`() {
        #expect(decide([candidate(1, 10), candidate(2, 900), candidate(3, 2999)]).radiusMeters == 3000)
        let decision = decide([candidate(1, 10), candidate(2, 8000), candidate(3, 8000.5), candidate(4, .nan)])
        #expect(decision.radiusMeters == 8000)
        #expect(decision.offers.map(\.driverId) == [driver(1), driver(2)])
        #expect(decision.verdicts.count { $0.outcome == .beyondRadius } == 2)
    }

    @Test(
        arguments: [
            (candidate(1, 10, available: false), .offDuty), (candidate(1, 10, alive: false), .silent),
            (candidate(1, 10, load: 1), .atCapacity), (candidate(1, 10, load: 3, capacity: 2), .atCapacity),
            (candidate(1, 10, answer: .rejected), .rejectedBefore),
            (candidate(1, 10, answer: .released), .releasedBefore),
            (candidate(1, 10, answer: .lapsed(round: 1)), .letLapse), (candidate(1, 8001), .beyondRadius),
            (candidate(1, 10, load: 1, capacity: 2), .offered), (candidate(1, 10, answer: .lapsed(round: 0)), .offered),
        ] as [(MatchingCandidate, CandidateVerdict.Outcome)])
    func `each obstacle has its name`(candidate: MatchingCandidate, outcome: CandidateVerdict.Outcome) {
        let decision = decide([candidate])
        #expect(decision.verdicts.map(\.outcome) == [outcome])
        #expect(decision.offers.isEmpty == (outcome != .offered))
    }

    @Test func `open offers are topped up, not asked twice`() {
        let decision = decide(
            [candidate(1, 10), candidate(2, 20), candidate(3, 30), candidate(4, 40)],
            open: [offer(1, to: 1, expires: 105), offer(2, to: 9, expires: 107)])
        #expect(decision.offers.map(\.driverId) == [driver(2)])
        #expect(decision.verdicts.first?.outcome == .offerOpen)
        #expect(decision.wakeAt == at(105))
    }

    @Test func `with every offer open nothing is done until the first deadline`() {
        let open = [
            offer(1, to: 1, expires: 107), offer(2, to: 2, expires: 105), offer(3, to: 3, expires: 109),
        ]
        let decision = decide([candidate(1, 10), candidate(4, 40)], open: open)
        #expect(decision.offers.isEmpty)
        #expect(decision.outcome == .asking)
        #expect(decision.wakeAt == at(105))
        #expect(!decision.isNoteworthy)
    }

    @Test func `more open offers than are wanted stay open`() {
        let decision = decide(
            [candidate(3, 1)], open: [offer(1, to: 1, expires: 105), offer(2, to: 2, expires: 105)],
            settings: MatchingSettings(offersAtOnce: 1))
        #expect(decision.offers.isEmpty && decision.lapsedOfferIds.isEmpty)
    }

    @Test func `with fewer to ask than wanted it looks again within the life of an offer`() {
        #expect(decide([candidate(1, 10)]).wakeAt == at(103.75))
        #expect(decide([], open: [offer(1, to: 1, expires: 101)]).wakeAt == at(101))
    }

    @Test func `an offer lapses at its deadline, and its driver waits for a later round`() {
        let decision = decide(
            [candidate(1, 10), candidate(2, 20)],
            open: [offer(1, to: 1, expires: 100), offer(2, to: 3, expires: 100.001)])
        #expect(decision.lapsedOfferIds == [UUID16(high: 1, low: 1)])
        #expect(decision.offers.map(\.driverId) == [driver(2)])
        #expect(decision.verdicts.map(\.outcome) == [.letLapse, .offered])
    }

    @Test func `a round in which all let lapse is one try`() {
        let decision = decide([candidate(1, 10)], open: [offer(1, to: 1, expires: 100)])
        #expect(decision.outcome == .retrying)
        #expect(decision.triesUsed == 1)
        #expect(decision.round == 2)
        #expect(decision.retryAt == at(102))
        #expect(decision.wakeAt == at(102))
        #expect(decision.isNoteworthy)
    }

    @Test func `who let lapse is asked again once the next try is due`() {
        let lapsed = candidate(1, 10, answer: .lapsed(round: 1))
        #expect(decide([lapsed], now: 101.9, round: 2, tries: 1, retryAt: 102).offers.isEmpty)
        #expect(decide([lapsed], now: 102, round: 2, tries: 1, retryAt: 102).offers.count == 1)
    }

    @Test func `a driver who turns up before the next try is asked at once`() {
        let decision = decide(
            [candidate(1, 10, answer: .lapsed(round: 1)), candidate(2, 500)], now: 101, round: 2, tries: 1,
            retryAt: 102)
        #expect(decision.offers.map(\.driverId) == [driver(2)])
        #expect(decision.triesUsed == 1)
    }

    @Test func `a step before its time that finds nobody costs no try`() {
        let decision = decide([], now: 101, round: 2, tries: 1, retryAt: 102)
        #expect(decision.outcome == .waiting)
        #expect(decision.triesUsed == 1 && decision.round == 2)
        #expect(decision.wakeAt == at(102) && decision.retryAt == at(102))
        #expect(!decision.isNoteworthy)
    }

    @Test func `waits double`() {
        let waits = (0..<7).map { decide([], tries: $0).wakeAt?.seconds(since: at(100)) }
        #expect(waits == [2, 4, 8, 16, 32, 64, 128])
    }

    @Test func `the last try ends in UNASSIGNED at once`() {
        let decision = decide([candidate(1, 10, answer: .rejected)], tries: 7)
        #expect(decision.outcome == .unassigned)
        #expect(decision.triesUsed == 8)
        #expect(decision.wakeAt == nil && decision.retryAt == nil)
        #expect(decision.isNoteworthy)
    }

    @Test func `five hundred are asked in one step`() {
        let decision = decide(
            (1...600).map { candidate($0, Double($0)) }, settings: MatchingSettings(offersAtOnce: 500))
        #expect(decision.offers.count == 500)
        #expect(decision.verdicts.count == 500 + MatchingPolicy.maximumVerdicts)
    }

    @Test func `the record keeps everybody asked and a bounded rest`() {
        let busy = (1...200).map { candidate($0, Double($0), load: 1) }
        let decision = decide(busy + [candidate(900, 7000)])
        #expect(decision.verdicts.count == MatchingPolicy.maximumVerdicts + 1)
        #expect(decision.verdicts.last?.outcome == .offered)
    }
}
