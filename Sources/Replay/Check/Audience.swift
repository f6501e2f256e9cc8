/// Which events of an order an account is to get.
enum Audience: Sendable {
    /// Customers and merchants: all.
    case everything
    /// A driver: from each event that gives the order to it to the one that ends it or takes it away.
    case driver(String)

    func expected(of events: [OrderEvent]) -> [Int] {
        guard case .driver(let id) = self else { return events.map(\.seq) }
        var expected: [Int] = []
        var isMine = false
        for event in events {
            if event.isAssignment { isMine = event.driverID == id }
            guard isMine else { continue }
            expected.append(event.seq)
            if event.isUnassignment || event.endsOrder { isMine = false }
        }
        return expected
    }
}
