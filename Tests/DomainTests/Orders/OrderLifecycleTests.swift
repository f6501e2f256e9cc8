import Domain
import Testing

@Suite struct OrderLifecycleTests {
    /// The contract's table, written out anew: from, to, who.
    static let contract: [(OrderStatus, OrderStatus, OrderParties)] = [
        (.pending, .matching, .system), (.pending, .paid, .system), (.paid, .matching, .system),
        (.paid, .processed, .merchant), (.matching, .accepted, [.offeredDriver, .driver]),
        (.matching, .unassigned, .system), (.unassigned, .matching, [.system, .admin]),
        (.accepted, .driverArriving, .driver), (.accepted, .matching, [.driver, .system, .admin]),
        (.driverArriving, .matching, [.driver, .system, .admin]), (.driverArriving, .pickedUp, .driver),
        (.pickedUp, .delivered, [.driver, .admin]), (.pickedUp, .failed, [.driver, .admin]),
        (.failed, .returned, [.driver, .merchant, .admin]), (.failed, .pickedUp, [.driver, .merchant, .admin]),
        (.processed, .shipped, .merchant), (.shipped, .delivered, .merchant),
        (.pending, .cancelled, [.customer, .merchant, .admin]), (.paid, .cancelled, [.customer, .merchant, .admin]),
        (.matching, .cancelled, [.customer, .merchant, .admin]),
        (.unassigned, .cancelled, [.customer, .merchant, .admin]),
        (.accepted, .cancelled, [.customer, .merchant, .admin]),
        (.driverArriving, .cancelled, [.customer, .merchant, .admin]),
        (.processed, .cancelled, [.customer, .merchant, .admin]),
        (.cancelled, .refunded, [.system, .admin]), (.delivered, .refunded, [.system, .admin]),
        (.returned, .refunded, [.system, .admin]),
    ]
    static let parties: [OrderParties] = [.customer, .merchant, .driver, .offeredDriver, .admin, .system]

    /// An order at a status for which a transition's condition holds.
    static func order(_ status: OrderStatus, to target: OrderStatus) -> OrderFacts {
        let parcel = target == .processed || target == .shipped || status == .shipped
        let cash = status == .pending && target == .matching
        return OrderFacts(
            status: status, payment: cash ? .cash : .card, fulfilment: parcel ? .parcel : .delivery, isPaid: true)
    }

    @Test(arguments: OrderStatus.allCases)
    func `each pair of states and each party is decided as the contract says`(from: OrderStatus) {
        for to in OrderStatus.allCases {
            let row = Self.contract.first { $0.0 == from && $0.1 == to }
            for party in Self.parties {
                let decision = OrderLifecycle.decide(Self.order(from, to: to), to: to, by: party)
                let mayEver = Self.contract.contains { $0.1 == to && !$0.2.isDisjoint(with: party) }
                let isReachable = Self.contract.contains { $0.1 == to }
                switch decision {
                case .allowed(let transition):
                    #expect(row?.2.contains(party) == true, "\(from) to \(to) by \(party)")
                    #expect(transition.from == from && transition.to == to)
                case .forbidden:
                    #expect(isReachable && (!mayEver || row != nil && row?.2.contains(party) == false))
                case .invalid:
                    #expect(row == nil, "\(from) to \(to) by \(party)")
                    #expect(mayEver || !isReachable)
                }
            }
        }
    }

    @Test func `several capacities add up`() {
        let order = Self.order(.failed, to: .returned)
        #expect(OrderLifecycle.decide(order, to: .returned, by: .customer) == .forbidden)
        guard case .allowed = OrderLifecycle.decide(order, to: .returned, by: [.customer, .merchant]) else {
            Issue.record("the merchant who is also the customer may")
            return
        }
    }

    @Test func `a second cancel is invalid`() {
        #expect(
            OrderLifecycle.decide(Self.order(.cancelled, to: .cancelled), to: .cancelled, by: .customer) == .invalid)
    }

    @Test func `an order by card is not matched before it is paid`() {
        var order = OrderFacts(status: .pending, payment: .card, fulfilment: .delivery, isPaid: false)
        #expect(OrderLifecycle.decide(order, to: .matching, by: .system) == .invalid)
        #expect(OrderLifecycle.decide(order, to: .paid, by: .system) == .invalid)
        order.isPaid = true
        order.status = .paid
        order.fulfilment = .parcel
        #expect(OrderLifecycle.decide(order, to: .matching, by: .system) == .invalid)
    }

    @Test func `nothing is refunded that was not paid`() {
        let order = OrderFacts(status: .cancelled, payment: .cash, fulfilment: .delivery, isPaid: false)
        #expect(OrderLifecycle.decide(order, to: .refunded, by: .admin) == .invalid)
    }

    @Test func `failing and giving back need a reason`() {
        let needing = OrderLifecycle.table.filter(\.requiresReason).map { [$0.from, $0.to] }
        #expect(
            Set(needing) == [[.pickedUp, .failed], [.accepted, .matching], [.driverArriving, .matching]])
    }

    @Test func `open is all but the four ends`() {
        #expect(OrderStatus.allCases.filter { !$0.isOpen } == [.delivered, .returned, .cancelled, .refunded])
    }
}
