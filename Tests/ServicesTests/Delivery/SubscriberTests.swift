import Domain
import Services
import Store
import Testing

/// Transcripts of what a socket is told. Transactions are numbered; an event's transaction is its time of commit.
@Suite struct SubscriberTests {
    static let customer = UUID16(high: 1, low: 1)
    static let merchant = UUID16(high: 2, low: 2)
    static let driver = UUID16(high: 3, low: 3)
    static let otherDriver = UUID16(high: 3, low: 4)
    static let order = UUID16(high: 9, low: 9)

    static func event(
        _ seq: Int, _ type: String = "order.matching", status: String = "MATCHING", transaction: UInt64? = nil,
        driver: UUID16? = nil, previous: UUID16? = nil, order: UUID16 = order
    ) -> EventRecord {
        EventRecord(
            orderID: order, seq: seq, transaction: transaction ?? UInt64(100 + seq), type: type, status: status,
            json: [], customerID: customer, merchantID: merchant, driverID: driver, previousDriverID: previous,
            correlationID: "")
    }

    static func connectedCustomer(snapshot: UInt64 = 100, catchUp: [Subscriber.Fill] = []) -> Subscriber {
        var subscriber = Subscriber(account: customer, audience: .customer)
        _ = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: snapshot, nextToBegin: snapshot), merchants: [],
            catchUp: catchUp)
        return subscriber
    }

    @Test func `events that come in order are pushed as they come, and repeats are not`() {
        var subscriber = Self.connectedCustomer()
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .push)
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .ignore)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: true) == .push)
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .ignore)
        #expect(subscriber.last(of: Self.order) == 2)
    }

    @Test func `a hole is read from the database before anything later goes out`() {
        var subscriber = Self.connectedCustomer()
        _ = subscriber.received(Self.event(1), cursor: 0, canPush: true)
        #expect(subscriber.received(Self.event(3), cursor: 0, canPush: true) == .fill)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: true) == .ignore)
        let fills = subscriber.nextFills(limit: 10)
        #expect(fills == [Subscriber.Fill(order: Self.order, after: 1)])
        let pushes = subscriber.filled(fills[0], [Self.event(2), Self.event(3)])
        #expect(pushes.map(\.seq) == [2, 3])
        #expect(subscriber.received(Self.event(4), cursor: 0, canPush: true) == .push)
    }

    @Test func `what was committed before the CONNECT is not pushed`() {
        var subscriber = Self.connectedCustomer(snapshot: 103)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: true) == .ignore)
        #expect(subscriber.received(Self.event(4), cursor: 0, canPush: true) == .fill)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(fill.after == 0)
        let pushes = subscriber.filled(fill, (1...4).map { Self.event($0) })
        #expect(pushes.map(\.seq) == [3, 4])
    }

    @Test func `an event of a transaction that was running at the CONNECT is pushed`() {
        var subscriber = Subscriber(account: Self.customer, audience: .customer)
        _ = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: 101, nextToBegin: 110, running: [101]), merchants: [],
            catchUp: [])
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .push)
    }

    @Test func `what is heard of during the CONNECT waits for its snapshot`() {
        var subscriber = Subscriber(account: Self.customer, audience: .customer)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: false) == .ignore)
        let early = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: 102, nextToBegin: 102), merchants: [], catchUp: [])
        #expect(early.map(\.seq) == [2])
        #expect(subscriber.received(early[0], cursor: 0, canPush: true) == .fill)
        let pushes = subscriber.filled(subscriber.nextFills(limit: 1)[0], [Self.event(1), Self.event(2)])
        #expect(pushes.map(\.seq) == [2])
    }

    @Test func `catching up reads past the seq that the client named, then goes live`() {
        var subscriber = Self.connectedCustomer(catchUp: [Subscriber.Fill(order: Self.order, after: 2)])
        #expect(subscriber.received(Self.event(4), cursor: 0, canPush: true) == .ignore)
        let fill = subscriber.nextFills(limit: 5)[0]
        #expect(subscriber.filled(fill, [Self.event(3)]).map(\.seq) == [3])
        // 4 was committed after the statement: it is read again.
        let again = subscriber.nextFills(limit: 5)[0]
        #expect(again.after == 3)
        #expect(subscriber.filled(again, [Self.event(4)]).map(\.seq) == [4])
    }

    @Test func `a slow socket is told later, from the database`() {
        var subscriber = Self.connectedCustomer()
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: false) == .fill)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: false) == .ignore)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(subscriber.filled(fill, [Self.event(1), Self.event(2)]).map(\.seq) == [1, 2])
    }

    @Test func `a driver sees an order from its acceptance to the event that takes it away`() {
        var subscriber = Subscriber(account: Self.driver, audience: .driver)
        _ = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: 100, nextToBegin: 100), merchants: [], catchUp: [])
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: true) == .ignore)
        let accepted = Self.event(3, "order.accepted", status: "ACCEPTED", driver: Self.driver)
        #expect(subscriber.received(accepted, cursor: 0, canPush: true) == .push)
        let released = Self.event(4, previous: Self.driver)
        #expect(subscriber.received(released, cursor: 0, canPush: true) == .push)
        #expect(subscriber.received(released, cursor: 0, canPush: true) == .ignore)
        let other = Self.event(5, "order.accepted", status: "ACCEPTED", driver: Self.otherDriver)
        #expect(subscriber.received(other, cursor: 0, canPush: true) == .ignore)
        let again = Self.event(7, "order.accepted", status: "ACCEPTED", driver: Self.driver)
        #expect(subscriber.received(again, cursor: 0, canPush: true) == .push)
        #expect(subscriber.last(of: Self.order) == 7)
    }

    @Test func `what the ack of a subscription bears is not pushed after it, what lies past it not before`() {
        var subscriber = Self.connectedCustomer()
        _ = subscriber.received(Self.event(1), cursor: 0, canPush: true)
        subscriber.beginSubscribe(Self.order, cursor: 0)
        #expect(subscriber.received(Self.event(2), cursor: 0, canPush: true) == .ignore)
        #expect(subscriber.received(Self.event(3), cursor: 0, canPush: true) == .ignore)
        subscriber.endSubscribe(Self.order, version: 2)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(fill.after == 2)
        #expect(subscriber.filled(fill, [Self.event(3)]).map(\.seq) == [3])
    }

    @Test func `a subscription that fails loses nothing of one's own order`() {
        var subscriber = Self.connectedCustomer()
        subscriber.beginSubscribe(Self.order, cursor: 0)
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .ignore)
        subscriber.endSubscribe(Self.order, version: nil)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(subscriber.filled(fill, [Self.event(1)]).map(\.seq) == [1])
    }

    @Test func `somebody else's order is followed by nobody`() {
        var subscriber = Subscriber(account: Self.otherDriver, audience: .customer)
        _ = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: 1, nextToBegin: 1), merchants: [], catchUp: [])
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .ignore)
        #expect(subscriber.followedCount == 0)
    }

    @Test func `an ended order is forgotten below the cursor and never told again`() {
        var subscriber = Self.connectedCustomer()
        _ = subscriber.received(Self.event(1), cursor: 0, canPush: true)
        _ = subscriber.received(Self.event(2, "order.cancelled", status: "CANCELLED"), cursor: 0, canPush: true)
        subscriber.prune(cursor: 102)
        #expect(subscriber.followedCount == 1)
        subscriber.prune(cursor: 103)
        #expect(subscriber.followedCount == 0)
        // A node that was paused publishes late.
        let late = Self.event(2, "order.cancelled", status: "CANCELLED")
        #expect(subscriber.received(late, cursor: 103, canPush: true) == .ignore)
        // A refund comes still, alone.
        let refund = Self.event(3, "order.refunded", status: "REFUNDED", transaction: 200)
        #expect(subscriber.received(refund, cursor: 103, canPush: true) == .fill)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(subscriber.filled(fill, [Self.event(1), late, refund]).map(\.seq) == [3])
    }

    @Test func `an admin who follows everything begins with the snapshot of that request`() {
        var subscriber = Subscriber(account: Self.otherDriver, audience: .admin)
        _ = subscriber.connected(
            snapshot: TransactionSnapshot(lowestRunning: 1, nextToBegin: 1), merchants: [], catchUp: [])
        #expect(subscriber.received(Self.event(1), cursor: 0, canPush: true) == .ignore)
        subscriber.beginEverything()
        #expect(subscriber.received(Self.event(3), cursor: 0, canPush: true) == .ignore)
        let early = subscriber.endEverything(TransactionSnapshot(lowestRunning: 103, nextToBegin: 103))
        #expect(early.map(\.seq) == [3])
        #expect(subscriber.received(early[0], cursor: 0, canPush: true) == .fill)
        let fill = subscriber.nextFills(limit: 1)[0]
        #expect(subscriber.filled(fill, [Self.event(1), Self.event(2), Self.event(3)]).map(\.seq) == [3])
    }
}
