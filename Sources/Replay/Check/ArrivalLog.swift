/// Every order event that reached the sockets of one account, in the order they came, nothing removed.
struct ArrivalLog: Sendable {
    /// Raw arrivals of each order.
    private(set) var arrivals: [String: [Int]] = [:]
    /// Arrivals in all.
    private(set) var count = 0
    /// The last `seq` of each order whose end has not been seen.
    private var open: [String: Int] = [:]
    private var ended: Set<String> = []

    mutating func note(_ event: OrderEvent) {
        count += 1
        arrivals[event.orderID, default: []].append(event.seq)
        if event.endsOrder {
            ended.insert(event.orderID)
            open[event.orderID] = nil
        } else if !ended.contains(event.orderID) {
            open[event.orderID] = max(open[event.orderID] ?? 0, event.seq)
        }
    }

    /// An order known from the answer to one's own request.
    mutating func know(_ orderID: String) {
        guard open[orderID] == nil, !ended.contains(orderID) else { return }
        open[orderID] = 0
    }

    /// What to pass as `auth.after`. An order that was taken away is named too: nothing more of it is sent then.
    var resumption: [(order: String, seq: Int)] { open.map { (order: $0.key, seq: $0.value) } }
}
