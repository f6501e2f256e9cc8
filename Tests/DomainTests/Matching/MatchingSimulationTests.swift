import Domain
import Testing

/// One order against drivers who behave, on a virtual clock: what the store does between steps, in memory.
struct MatchingSimulation {
    enum Habit: Equatable { case silent, rejects(after: Double), accepts(after: Double) }
    struct Courier {
        var number: UInt64
        var meters: Double
        var habit: Habit
        var arrives: Double = 0
        var answer: EarlierAnswer?
    }
    struct Open {
        var offer: OpenOffer
        var round: Int
        var answersAt: Double?
    }

    var settings = MatchingSettings()
    var couriers: [Courier]
    var open: [Open] = []
    var round = 1
    var tries = 0
    var retryAt: TimeStamp?
    /// (time, driver)
    var asked: [(Double, UInt64)] = []
    var winner: UInt64?
    var unassignedAt: Double?
    var mostOpen = 0
    var steps = 0

    init(_ couriers: [Courier], settings: MatchingSettings = MatchingSettings()) {
        self.couriers = couriers
        self.settings = settings
    }

    mutating func run(until end: Double = 3600) {
        var wake: Double? = 0
        while winner == nil, unassignedAt == nil {
            let answer = open.compactMap(\.answersAt).min()
            guard let now = [wake, answer].compactMap(\.self).min(), now <= end else { return }
            if answer == now { answers(at: now) }
            if winner == nil { wake = step(at: now) }
        }
    }

    private mutating func answers(at now: Double) {
        for entry in open where entry.answersAt == now {
            let index = couriers.firstIndex { driver($0.number) == entry.offer.driverId }!
            if case .accepts = couriers[index].habit { winner = couriers[index].number }
            couriers[index].answer = .rejected
        }
        open.removeAll { $0.answersAt == now }
    }

    private mutating func step(at now: Double) -> Double? {
        steps += 1
        let decision = MatchingPolicy.decide(
            MatchingSnapshot(
                now: at(now), round: round, triesUsed: tries, retryAt: retryAt, openOffers: open.map(\.offer),
                candidates: couriers.filter { $0.arrives <= now }.map {
                    candidate($0.number, $0.meters, answer: $0.answer)
                }),
            settings: settings, jitter: exactly)
        for lapsed in open where decision.lapsedOfferIds.contains(lapsed.offer.id) {
            let index = couriers.firstIndex { driver($0.number) == lapsed.offer.driverId }!
            couriers[index].answer = .lapsed(round: lapsed.round)
        }
        open.removeAll { decision.lapsedOfferIds.contains($0.offer.id) }
        for new in decision.offers {
            let courier = couriers.first { driver($0.number) == new.driverId }!
            asked.append((now, courier.number))
            let answersAt: Double? =
                switch courier.habit {
                case .silent: nil
                case .rejects(let after), .accepts(let after): now + after
                }
            open.append(
                Open(
                    offer: OpenOffer(
                        id: UUID16(high: 7, low: UInt64(asked.count)), driverId: new.driverId,
                        expiresAt: new.expiresAt),
                    round: round, answersAt: answersAt))
        }
        mostOpen = max(mostOpen, open.count)
        round = decision.round
        tries = decision.triesUsed
        retryAt = decision.retryAt
        if decision.outcome == .unassigned { unassignedAt = now }
        return decision.wakeAt.map { $0.seconds(since: at(0)) }
    }
}

@Suite struct MatchingSimulationTests {
    @Test func `nobody there ends in UNASSIGNED after eight tries`() {
        var day = MatchingSimulation([])
        day.run()
        #expect(day.unassignedAt == 254.0)  // 2 + 4 + … + 128
        #expect(day.steps == 8)
    }

    @Test func `silent drivers are asked once a round, eight times in all`() {
        var day = MatchingSimulation((1...5).map { .init(number: $0, meters: Double($0), habit: .silent) })
        day.run()
        for number: UInt64 in 1...5 { #expect(day.asked.count { $0.1 == number } == 8) }
        #expect(day.unassignedAt != nil)
        #expect(day.mostOpen == 3)
    }

    @Test func `who rejects is never asked again, and the next nearest is asked at once`() {
        var day = MatchingSimulation([
            .init(number: 1, meters: 10, habit: .rejects(after: 1)),
            .init(number: 2, meters: 20, habit: .rejects(after: 2)),
            .init(number: 3, meters: 30, habit: .rejects(after: 3)),
            .init(number: 4, meters: 40, habit: .rejects(after: 4)),
            .init(number: 5, meters: 50, habit: .accepts(after: 5)),
        ])
        day.run()
        #expect(day.winner == 5)
        #expect(day.asked.map(\.1) == [1, 2, 3, 4, 5])
        #expect(day.asked.map(\.0) == [0, 0, 0, 1, 2])
    }

    @Test func `a driver who turns up while others think is asked within a quarter of an offer's life`() {
        var day = MatchingSimulation([
            .init(number: 1, meters: 10, habit: .silent),
            .init(number: 2, meters: 20, habit: .accepts(after: 1), arrives: 5),
        ])
        day.run()
        #expect(day.winner == 2)
        #expect(day.asked.last?.0 == 7.5)
    }

    @Test func `a driver who turns up during the backoff is asked at the next try`() {
        var day = MatchingSimulation([.init(number: 1, meters: 10, habit: .accepts(after: 1), arrives: 7)])
        day.run()
        #expect(day.winner == 1)
        #expect(day.asked.first?.0 == 14)
    }

    @Test func `offers open at once never pass the setting, whatever drivers do`() {
        for seed: UInt64 in 1...50 {
            var random = seed
            func draw(_ bound: UInt64) -> UInt64 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (random >> 33) % bound
            }
            let couriers = (1...UInt64(20)).map { number -> MatchingSimulation.Courier in
                let delay = Double(draw(14) + 1)
                return .init(
                    number: number, meters: Double(draw(9000)),
                    habit: draw(3) == 0 ? .silent : .rejects(after: delay), arrives: Double(draw(200)))
            }
            var day = MatchingSimulation(couriers, settings: MatchingSettings(offersAtOnce: Int(draw(6)) + 1))
            day.run()
            #expect(day.unassignedAt != nil)
            #expect(day.mostOpen <= day.settings.offersAtOnce)
            for courier in couriers where courier.meters > 8000 {
                #expect(!day.asked.contains { $0.1 == courier.number })
            }
            for courier in couriers where courier.habit != .silent {
                #expect(day.asked.count { $0.1 == courier.number } <= 1)
            }
        }
    }
}
