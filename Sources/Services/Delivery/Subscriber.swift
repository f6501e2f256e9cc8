public import Domain
public import Store

/// One socket's view of the order events: which orders it follows, and how far it has been told of each.
///
/// The promise it keeps: every order's events reach the socket once, in order, without a hole, beginning where
/// the contract says. It is told of events from any source, as often as the sources like (the bus, the feed,
/// this node's own commits), and answers what to do; it holds no event's content. What cannot be pushed at
/// once, because one before it is missing or the socket is slow, becomes a line in `backlog`: the order is read
/// again from PostgreSQL past the last event told, when the socket has room. So a slow socket costs the node
/// one number an order, never a queue of events.
///
/// Two rules say where an order begins that is not followed yet:
/// - what the socket's own snapshot sees was committed before its CONNECT and is not pushed;
/// - what lies below the node's feed cursor has been offered to every socket of this node already, so an order
///   that is unknown here was pruned, or was never this socket's. A paused node that publishes late changes nothing.
public struct Subscriber: Sendable {
    /// Whose socket it is, and what makes an order's events theirs.
    public enum Audience: Sendable, Equatable {
        case customer, driver, merchant, admin
    }

    /// What to do with an event that was received.
    public enum Reaction: Sendable, Equatable {
        /// Not for this socket, or already told.
        case ignore
        /// Send it now.
        case push
        /// It waits in `backlog` for `nextFills`.
        case fill
    }

    /// An order to read from PostgreSQL, past `after`.
    public struct Fill: Sendable, Equatable {
        public let order: UUID16
        public let after: Int

        public init(order: UUID16, after: Int) {
            self.order = order
            self.after = after
        }
    }

    struct Follow: Sendable {
        enum Phase: Sendable { case live, filling, held }
        var phase: Phase
        /// The last `seq` told, or passed over because it was not this socket's to see.
        var last: Int
        /// The highest `seq` heard of.
        var wanted: Int
        /// How many `order_subscribe` are under way.
        var holds = 0
        /// A fill was due when the hold began.
        var fillDue = false
        /// Followed because it was asked for, not because it concerns the account.
        var explicit = false
        /// The driver has been told that the order was taken from them: their next event of it is an `order.accepted`.
        var ended = false
        /// Whether the snapshot and `floor` still decide what is pushed: until the first fill of an order met live.
        var beginsBySnapshot = false
        /// The feed cursor when the order was met.
        var floor: UInt64 = 0
        /// The transaction of the last event told.
        var lastTransaction: UInt64 = 0
        var closed = false
    }

    /// Orders heard of during a CONNECT or an `admin_subscribe` beyond which it is refused: bounds what one
    /// socket can make a node keep while PostgreSQL is slow.
    public static let earlyLimit = 4096

    public let account: UUID16
    public let audience: Audience
    public private(set) var merchants: Set<UUID16>
    /// The snapshot of the CONNECT, nil until it is known.
    public private(set) var snapshot: TransactionSnapshot?
    /// The snapshot of `admin_subscribe`.
    public private(set) var everything: TransactionSnapshot?
    public private(set) var earlyOverflowed = false

    private var early: [UUID16: EventRecord] = [:]
    private var awaitsEverything = false
    private var follows: [UUID16: Follow] = [:]
    private var backlog: [UUID16] = []
    private var closedOrders: [UUID16] = []

    public init(account: UUID16, audience: Audience, merchants: Set<UUID16> = []) {
        self.account = account
        self.audience = audience
        self.merchants = merchants
    }

    /// Orders followed now.
    public var followedCount: Int { follows.count }
    public var hasBacklog: Bool { !backlog.isEmpty }
    /// Whether the order waits for a fill.
    public func awaits(_ order: UUID16) -> Bool { follows[order]?.phase == .filling }
    /// The last `seq` told of an order; nil when it is not followed.
    public func last(of order: UUID16) -> Int? { follows[order]?.last }

    // MARK: Beginning

    /// The account belongs to this merchant from now on: its orders concern it.
    public mutating func joined(merchant: UUID16) { merchants.insert(merchant) }

    /// The CONNECT's statement answered: its snapshot, and the orders to catch up with (`auth.after`).
    /// Orders of `explicit` are followed although they do not concern the account (an admin named them).
    ///
    /// Returns the events heard of meanwhile; the caller gives each to `received` again.
    public mutating func connected(
        snapshot: TransactionSnapshot, merchants: Set<UUID16>, catchUp: [Fill], explicit: Bool = false
    ) -> [EventRecord] {
        self.snapshot = snapshot
        self.merchants = merchants
        for fill in catchUp where follows[fill.order] == nil {
            var follow = Follow(phase: .filling, last: fill.after, wanted: fill.after)
            follow.explicit = explicit
            follows[fill.order] = follow
            backlog.append(fill.order)
        }
        return takeEarly()
    }

    /// An `admin_subscribe` begins: events are held back until its snapshot is known.
    public mutating func beginEverything() { awaitsEverything = true }

    /// Its statement answered, and the ack is out; nil when it failed. Returns the events heard of meanwhile.
    public mutating func endEverything(_ snapshot: TransactionSnapshot?) -> [EventRecord] {
        awaitsEverything = false
        if let snapshot { everything = everything ?? snapshot }
        return takeEarly()
    }

    private mutating func takeEarly() -> [EventRecord] {
        defer { early = [:] }
        return early.values.sorted { ($0.orderID, $0.seq) < ($1.orderID, $1.seq) }
    }

    // MARK: order_subscribe

    /// Holds the order's pushes back until `endSubscribe`: what the ack bears is not pushed.
    public mutating func beginSubscribe(_ order: UUID16, cursor: UInt64) {
        var follow = follows[order] ?? Follow(phase: .held, last: -1, wanted: -1, floor: cursor)
        if follow.phase == .filling { follow.fillDue = true }
        follow.phase = .held
        follow.holds += 1
        follows[order] = follow
    }

    /// The ack bears every event up to `version`; nil when the subscription failed.
    public mutating func endSubscribe(_ order: UUID16, version: Int?) {
        guard var follow = follows[order] else { return }
        follow.holds -= 1
        if let version {
            follow.last = max(follow.last, version)
            follow.explicit = true
            follow.ended = false
            follow.beginsBySnapshot = false
            follow.fillDue = false
        }
        guard follow.holds == 0 else {
            follows[order] = follow
            return
        }
        if follow.last < 0 {
            guard follow.wanted >= 0, audience != .admin || everything != nil else {
                follows[order] = nil
                return
            }
            // Nothing was known of the order before, and what was heard of it meanwhile is this account's to see.
            follow.last = 0
            follow.beginsBySnapshot = true
        }
        follow.phase = .live
        if follow.wanted > follow.last || follow.fillDue { queueFill(order, &follow) }
        follow.fillDue = false
        follows[order] = follow
    }

    /// Ends what `order_subscribe` began; what concerns the account anyway goes on.
    public mutating func unsubscribe(_ order: UUID16) {
        guard follows[order]?.explicit == true else { return }
        if audience == .admin, everything == nil {
            follows[order] = nil
        } else {
            follows[order]?.explicit = false
        }
    }

    // MARK: Events

    /// An event was heard of. `cursor` is the node's feed cursor; `canPush` whether the socket has room.
    public mutating func received(_ event: EventRecord, cursor: UInt64, canPush: Bool) -> Reaction {
        if var follow = follows[event.orderID] {
            let concerned = follow.explicit || concerns(event) || (follow.holds > 0 && audience == .admin)
            guard event.seq > follow.last, concerned else { return .ignore }
            defer { follows[event.orderID] = follow }
            follow.wanted = max(follow.wanted, event.seq)
            guard follow.phase == .live else { return .ignore }
            if begins(event), follow.ended { follow.last = event.seq - 1 }
            if event.seq == follow.last + 1, canPush {
                told(event, &follow)
                return .push
            }
            queueFill(event.orderID, &follow)
            return .fill
        }
        guard concerns(event) else { return .ignore }
        guard let begin = audience == .admin ? everything : snapshot else {
            keepEarly(event)
            return .ignore
        }
        guard !begin.sees(event.transaction), event.transaction >= cursor else { return .ignore }
        var follow = Follow(phase: .live, last: event.seq - 1, wanted: event.seq)
        defer { follows[event.orderID] = follow }
        if event.seq == 1 || begins(event), canPush {
            told(event, &follow)
            return .push
        }
        if event.seq != 1, !begins(event) {
            follow.last = 0
            follow.beginsBySnapshot = true
            follow.floor = cursor
        }
        queueFill(event.orderID, &follow)
        return .fill
    }

    /// Takes up to `limit` orders out of the backlog, to be read with one statement and given to `filled`.
    public mutating func nextFills(limit: Int) -> [Fill] {
        var fills: [Fill] = []
        var taken = 0
        while taken < backlog.count, fills.count < limit {
            let order = backlog[taken]
            taken += 1
            guard let follow = follows[order], follow.phase == .filling else { continue }
            fills.append(Fill(order: order, after: max(0, follow.last)))
        }
        backlog.removeFirst(taken)
        return fills
    }

    /// PostgreSQL answered a fill: all events of the order past `after`, in order. Returns those to push now.
    public mutating func filled(_ fill: Fill, _ events: [EventRecord]) -> [EventRecord] {
        guard var follow = follows[fill.order], follow.phase == .filling else { return [] }
        defer { follows[fill.order] = follow }
        var pushes: [EventRecord] = []
        for event in events where event.seq > follow.last {
            let before = follow.beginsBySnapshot && isBefore(event, follow.floor)
            if !before, follow.explicit || concerns(event) {
                told(event, &follow)
                pushes.append(event)
            } else {
                follow.last = event.seq
            }
        }
        follow.beginsBySnapshot = false
        follow.phase = .live
        if follow.wanted > follow.last { queueFill(fill.order, &follow) }
        return pushes
    }

    /// The fill could not be read: it goes back to the end of the backlog.
    public mutating func fillFailed(_ fill: Fill) {
        guard follows[fill.order]?.phase == .filling else { return }
        backlog.append(fill.order)
    }

    /// Reads every followed order again: after a change of server, or when what was missed cannot be known.
    public mutating func resync() {
        for (order, var follow) in follows where follow.phase == .live && !follow.closed {
            queueFill(order, &follow)
            follows[order] = follow
        }
    }

    /// Forgets orders that have ended, once no source can bring their last event again.
    public mutating func prune(cursor: UInt64) {
        guard !closedOrders.isEmpty else { return }
        var kept: [UUID16] = []
        for order in closedOrders {
            guard let follow = follows[order], follow.closed else { continue }
            if follow.phase == .live, follow.lastTransaction < cursor {
                follows[order] = nil
            } else {
                kept.append(order)
            }
        }
        closedOrders = kept
    }

    // MARK: Rules

    /// Whether the event is the account's to see.
    private func concerns(_ event: EventRecord) -> Bool {
        switch audience {
        case .customer: event.customerID == account
        case .merchant: merchants.contains(event.merchantID)
        // A driver's part ends with the delivery; what becomes of the money is not theirs to see.
        case .driver:
            (event.driverID == account || event.previousDriverID == account) && event.type != "order.refunded"
        case .admin: everything != nil || awaitsEverything
        }
    }

    /// Whether the event gives the order to this driver: nothing before it is theirs to see.
    private func begins(_ event: EventRecord) -> Bool {
        audience == .driver && event.type == "order.accepted" && event.driverID == account
    }

    private func isBefore(_ event: EventRecord, _ floor: UInt64) -> Bool {
        guard let begin = audience == .admin ? everything : snapshot else { return false }
        return begin.sees(event.transaction) || event.transaction < floor
    }

    private mutating func keepEarly(_ event: EventRecord) {
        if let kept = early[event.orderID], kept.seq >= event.seq { return }
        if early[event.orderID] == nil, early.count >= Self.earlyLimit {
            earlyOverflowed = true
            return
        }
        early[event.orderID] = event
    }

    private mutating func queueFill(_ order: UUID16, _ follow: inout Follow) {
        follow.phase = .filling
        backlog.append(order)
    }

    private mutating func told(_ event: EventRecord, _ follow: inout Follow) {
        follow.last = event.seq
        follow.wanted = max(follow.wanted, event.seq)
        follow.lastTransaction = max(follow.lastTransaction, event.transaction)
        follow.ended = audience == .driver && event.driverID != account
        let closes = follow.ended || OrderStatus(rawValue: event.status)?.isOpen == false
        if closes, !follow.closed { closedOrders.append(event.orderID) }
        follow.closed = closes
    }
}
