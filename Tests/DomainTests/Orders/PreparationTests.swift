import Domain
import Testing

@Suite struct PreparationTests {
    static func decide(
        _ from: PreparationState, _ to: PreparationState, status: OrderStatus = .matching, readyAtChanges: Bool = false,
        by parties: OrderParties = .merchant
    ) -> PreparationDecision {
        .decide(status: status, from: from, to: to, readyAtChanges: readyAtChanges, by: parties)
    }

    @Test func `it goes forward and may skip a step`() {
        #expect(Self.decide(.waiting, .preparing) == .changed(.preparing))
        #expect(Self.decide(.preparing, .ready) == .changed(.ready))
        #expect(Self.decide(.waiting, .ready) == .changed(.ready))
    }

    @Test func `it never goes back`() {
        for (from, to) in [
            (PreparationState.ready, PreparationState.preparing), (.ready, .waiting), (.preparing, .waiting),
            (.waiting, .waiting),
        ] {
            #expect(Self.decide(from, to) == .invalid)
        }
    }

    @Test func `the time it will be ready may be corrected while it is being prepared`() {
        #expect(Self.decide(.preparing, .preparing, readyAtChanges: true) == .changed(.preparing))
        #expect(Self.decide(.preparing, .preparing) == .unchanged)
        #expect(Self.decide(.ready, .ready, readyAtChanges: true) == .unchanged)
    }

    @Test func `only the merchant does it, and only until the goods are handed over`() {
        #expect(Self.decide(.waiting, .preparing, by: [.customer, .driver]) == .forbidden)
        for status in OrderStatus.allCases {
            #expect((Self.decide(.waiting, .preparing, status: status) == .invalid) == !status.isBeforeHandover)
        }
    }
}
