import Cluster
import Domain
import EventLoop
import Realtime
import Services
import Store
import Telemetry

/// Brings what was committed to the sockets of this node.
///
/// Sources, each of which may repeat what another brought: this node's own commits, the bus, and the feed that
/// PostgreSQL keeps (`Gateway+feed.swift`). Each socket's `Subscriber` takes every event once, in order; what
/// has a hole before it, or finds the socket slow, is read again from PostgreSQL (`Gateway+fills.swift`).
///
/// - Redis away: the feed is read five times as often, and brings what other nodes committed.
/// - PostgreSQL away: open sockets stay; fills and the feed go on when it is back, from where they stood.
@Loop
final class Gateway {
    let store: Store
    let bus: Bus
    /// Where official servers hear of order events.
    let peers: RedisAdapter
    let namespace: Namespace
    let timing: any Timing
    let log: Log
    /// Told in messages, so that this node passes over its own when they come back.
    let origin: UInt64
    /// This node's name.
    let node: String

    var accounts: [UUID16: [GatewaySocket]] = [:]
    var merchants: [UUID16: [GatewaySocket]] = [:]
    /// Sockets of admins that follow an order or all of them.
    var watchers: [GatewaySocket] = []
    /// Counts accounts' sockets over all nodes; nil where they are not limited.
    var connections: ConnectionCounts?
    var channels: [Channel: ChannelInterest] = [:]
    var accessSubscription: BusSubscription?
    /// One for all channels: there is a channel for each account that has a socket here.
    private(set) lazy var heardChannel: Bus.ChannelHandler = { [weak self] channel, message in
        let name = String(decoding: channel.dropFirst(Bus.prefix.utf8.count), as: UTF8.self)
        if let channel = Channel(name: name) { self?.heard(message, on: channel) }
    }

    /// Transactions below it have been offered to every socket of this node.
    var cursor: UInt64 = 0
    var feedTimer: ScheduledTimer?
    var hasFeedBegun = false
    var feedRuns = false
    var lastFeed: LoopTime
    var isStopped = false

    var fillQueue: [GatewaySocket] = []
    var fillsInFlight = 0
    var fillsScheduled = false
    private var frames: [FrameKey: EncodedFrame] = [:]
    private var frameOrder: [FrameKey] = []
    let counters: GatewayCounters
    /// Told of every change of access that any source brings: what is cached of sessions ends too.
    var accessChanged: @Loop (AccessChange) -> Void = { _ in }

    /// Told of the offers that other nodes made.
    var offersHeard: @Loop ([OfferRecord]) -> Void = { _ in }

    init(
        store: Store, bus: Bus, peers: RedisAdapter, namespace: Namespace, timing: any Timing, log: Log,
        origin: UInt64, node: String, counters: GatewayCounters
    ) {
        self.store = store
        self.bus = bus
        self.peers = peers
        self.namespace = namespace
        self.timing = timing
        self.log = log
        self.origin = origin
        self.node = node
        self.counters = counters
        lastFeed = timing.now
    }

    // MARK: Sockets

    func add(_ socket: GatewaySocket) {
        accounts[socket.identity.account, default: []].append(socket)
    }

    func add(_ socket: GatewaySocket, toMerchant merchant: UUID16) {
        merchants[merchant, default: []].append(socket)
    }

    func remove(_ socket: GatewaySocket) {
        guard !socket.isClosed else { return }
        socket.isClosed = true
        accounts.removeSocket(socket, at: socket.identity.account)
        noteConnections(of: socket.identity.account)
        for merchant in socket.subscriber.merchants { merchants.removeSocket(socket, at: merchant) }
        watchers.removeAll { $0 === socket }
        for channel in socket.stopListening() { endInterest(in: channel) }
    }

    /// An admin's socket begins to follow what does not concern its account.
    func watch(_ socket: GatewaySocket) async {
        guard !socket.isClosed, !watchers.contains(where: { $0 === socket }) else { return }
        watchers.append(socket)
        await listen(to: [.everything], for: socket)
    }

    /// Accounts of this role with an open socket here.
    func connectedAccounts(role: Role) -> [UUID16] {
        accounts.compactMap { account, sockets in
            sockets.contains { $0.identity.role == role && !$0.isClosed } ? account : nil
        }
    }

    // MARK: Receiving

    /// Offers an event to every socket of this node that it may concern.
    func received(_ event: EventRecord) {
        if let sockets = accounts[event.customerID] { offer(event, to: sockets) }
        if let driver = event.driverID, let sockets = accounts[driver] { offer(event, to: sockets) }
        if let driver = event.previousDriverID, driver != event.driverID, let sockets = accounts[driver] {
            offer(event, to: sockets)
        }
        if let sockets = merchants[event.merchantID] { offer(event, to: sockets) }
        if !watchers.isEmpty { offer(event, to: watchers) }
    }

    func offer(_ event: EventRecord, to sockets: [GatewaySocket]) {
        for socket in sockets { offer(event, to: socket) }
    }

    func offer(_ event: EventRecord, to socket: GatewaySocket) {
        leaveRoom(of: event, socket)
        switch socket.subscriber.received(event, cursor: cursor, canPush: socket.canPush) {
        case .ignore: break
        case .push: push(event, to: socket)
        case .fill: queueFill(socket)
        }
    }

    func received(_ offer: OfferRecord) {
        guard let sockets = accounts[offer.driverID] else { return }
        for socket in sockets where socket.identity.role == .driver { self.offer(offer, to: socket) }
    }

    func offer(_ offer: OfferRecord, to socket: GatewaySocket) {
        switch socket.offers.received(offer, snapshot: socket.subscriber.snapshot, cursor: cursor) {
        case .ignore: break
        case .offer:
            counters.offersSent.increment()
            send("order_offer", offer.json, to: socket.socket)
        case .withdraw:
            send("offer_withdrawn", offer.json, to: socket.socket)
        }
    }

    /// A session ended, an account was locked or its role changed.
    func received(_ change: AccessChange) {
        accessChanged(change)
        guard let sockets = accounts[change.accountID] else { return }
        for socket in sockets where change.sessionID == nil || change.sessionID == socket.identity.session {
            if let role = change.role, change.sessionID == nil, role == socket.identity.role.rawValue { continue }
            end(socket, reason: change.reason)
        }
    }

    /// An account belongs to a merchant now: its open sockets follow that merchant's orders too.
    func received(_ membership: MerchantMembership) {
        guard let sockets = accounts[membership.accountID] else { return }
        for socket in sockets where !socket.isClosed {
            guard socket.identity.role == .merchant, !socket.subscriber.merchants.contains(membership.merchantID)
            else { continue }
            socket.subscriber.joined(merchant: membership.merchantID)
            add(socket, toMerchant: membership.merchantID)
            enterRooms(socket, merchants: [membership.merchantID])
            Loop.start { [self] in await listen(to: [.merchant(membership.merchantID)], for: socket) }
        }
    }

    func end(_ socket: GatewaySocket, reason: String) {
        guard !socket.isClosed else { return }
        counters.sessionsEnded.increment()
        send("session_revoked", Array("{\"reason\":\"\(reason)\"}".utf8), to: socket.socket)
        socket.socket.disconnect(close: true)
    }

    // MARK: Sending

    /// For what a new connection is told anew by itself: at once, with Redis or without, and with no place in the log of
    /// connection state recovery, from which it would come a second time.
    func send(_ event: String, _ json: [UInt8], to socket: Socket) {
        socket.send(namespace.encode(event, json: json))
    }

    func push(_ event: EventRecord, to socket: GatewaySocket) {
        counters.eventsPushed.increment()
        socket.socket.send(frame(of: event))
        // Again: the room may have been entered since the event was heard of.
        leaveRoom(of: event, socket)
    }

    /// Every socket that gets an event shares one frame; a few hundred are kept, for the sockets to come.
    private func frame(of event: EventRecord) -> EncodedFrame {
        let key = FrameKey(order: event.orderID, seq: event.seq)
        if let frame = frames[key] { return frame }
        let frame = namespace.encode(Self.pushName(of: event.type), json: event.json)
        frames[key] = frame
        frameOrder.append(key)
        if frameOrder.count >= 2 * Self.framesKept {
            for old in frameOrder.prefix(Self.framesKept) { frames[old] = nil }
            frameOrder.removeFirst(Self.framesKept)
        }
        return frame
    }

    private static let framesKept = 256

    /// Each event goes out under exactly one name.
    static func pushName(of type: String) -> String {
        switch type {
        case "order.created": "order_created"
        case "order.accepted": "order_accepted"
        default: "order_status_update"
        }
    }

    private struct FrameKey: Hashable {
        let order: UUID16
        let seq: Int
    }
}

extension Dictionary where Key == UUID16, Value == [GatewaySocket] {
    @Loop
    mutating func removeSocket(_ socket: GatewaySocket, at key: UUID16) {
        guard var sockets = self[key] else { return }
        sockets.removeAll { $0 === socket }
        self[key] = sockets.isEmpty ? nil : sockets
    }
}
