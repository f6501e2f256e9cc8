/// The table of order states (contract, Order states): what may follow what, and by whom. Everything that moves an
/// order asks here first.
public enum OrderLifecycle {
    /// Every transition there is.
    public static let table: [OrderTransition] =
        [
            OrderTransition(.pending, .matching, .system, if: .cash),
            OrderTransition(.pending, .paid, .system, if: .cardPaid),
            OrderTransition(.paid, .matching, .system, if: .delivery),
            OrderTransition(.paid, .processed, .merchant, if: .parcel),

            // Its own driver too, so that a second ACCEPTED is told that it is too late, not that it may not.
            OrderTransition(.matching, .accepted, [.offeredDriver, .driver]),
            OrderTransition(.matching, .unassigned, .system),
            OrderTransition(.unassigned, .matching, [.system, .admin]),

            OrderTransition(.accepted, .driverArriving, .driver),
            OrderTransition(.accepted, .matching, [.driver, .system, .admin]),
            OrderTransition(.driverArriving, .matching, [.driver, .system, .admin]),
            OrderTransition(.driverArriving, .pickedUp, .driver),
            OrderTransition(.pickedUp, .delivered, [.driver, .admin]),
            OrderTransition(.pickedUp, .failed, [.driver, .admin]),
            OrderTransition(.failed, .returned, [.driver, .merchant, .admin]),
            OrderTransition(.failed, .pickedUp, [.driver, .merchant, .admin]),

            OrderTransition(.processed, .shipped, .merchant, if: .parcel),
            OrderTransition(.shipped, .delivered, .merchant, if: .parcel),

            OrderTransition(.cancelled, .refunded, [.system, .admin], if: .wasPaid),
            OrderTransition(.delivered, .refunded, [.system, .admin], if: .wasPaid),
            OrderTransition(.returned, .refunded, [.system, .admin], if: .wasPaid),
        ]
        + OrderStatus.allCases.filter(\.isBeforeHandover).map {
            OrderTransition($0, .cancelled, [.customer, .merchant, .admin])
        }

    /// Decides on one change.
    ///
    /// A right is a matter of who asks and what for, not of where the order stands: who may never bring an order to
    /// `status` is `forbidden` from anywhere, and who may is told `invalid` where it cannot be done now.
    public static func decide(
        _ order: OrderFacts, to status: OrderStatus, by parties: OrderParties
    ) -> TransitionDecision {
        let ways = table.filter { $0.to == status }
        let mine = ways.filter { !$0.who.isDisjoint(with: parties) }
        guard ways.isEmpty || !mine.isEmpty else { return .forbidden }
        guard let way = ways.first(where: { $0.from == order.status && holds($0.condition, of: order) }) else {
            return .invalid
        }
        return way.who.isDisjoint(with: parties) ? .forbidden : .allowed(way)
    }

    /// The transition from one status to another, whoever does it; nil when the table has none.
    public static func transition(from: OrderStatus, to: OrderStatus) -> OrderTransition? {
        table.first { $0.from == from && $0.to == to }
    }

    private static func holds(_ condition: OrderTransition.Condition, of order: OrderFacts) -> Bool {
        switch condition {
        case .always: true
        case .cash: order.payment == .cash
        case .cardPaid: order.payment == .card && order.isPaid
        case .delivery: order.fulfilment == .delivery
        case .parcel: order.fulfilment == .parcel
        case .wasPaid: order.isPaid
        }
    }
}
