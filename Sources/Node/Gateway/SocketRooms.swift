import Cluster
import Domain
import EventLoop
import Realtime
import Services
import Store
import Telemetry

/// The Socket.IO rooms of namespace `/`, by which emitters and official servers on the same Redis reach sockets of every
/// node. The node alone puts sockets into them, by what they may see; clients cannot.
enum SocketRoom {
    static func user(_ id: UUID16) -> String { "user:\(id)" }
    static func merchant(_ id: UUID16) -> String { "\(merchantPrefix)\(id)" }
    /// Whoever asked to follow the order. Official servers get its events here.
    static func order(_ id: UUID16) -> String { "\(orderPrefix)\(id)" }
    static func role(_ role: Role) -> String { "role:\(role.rawValue)" }
    /// Those of a session that asked for connection state recovery: by it a socket that is taken up again is known to be
    /// its client's.
    static func session(_ id: UUID16) -> String { "session:\(id)" }

    /// The order that a room belongs to.
    static func order(of room: String) -> UUID16? {
        room.hasPrefix(orderPrefix) ? UUID16(String(room.dropFirst(orderPrefix.count))) : nil
    }

    /// Whether a name is one that notifications may be sent to.
    static func isPublic(_ room: String) -> Bool {
        if room == all { return true }
        let parts = room.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "role": return Role(rawValue: parts[1]) != nil
        // As it is written in rooms.
        case "user", "merchant", "order": return UUID16(parts[1])?.description == parts[1]
        default: return false
        }
    }

    /// Whether a room is one of those that nodes put sockets into.
    static func isOurs(_ room: String) -> Bool {
        ["user:", "role:", "session:", merchantPrefix, orderPrefix].contains { room.hasPrefix($0) }
    }

    /// Stands for every socket.
    static let all = "all"

    private static let merchantPrefix = "merchant:"
    private static let orderPrefix = "order:"
}

extension Gateway {
    /// What the socket is in from its CONNECT on. Before the house channels are listened to, so that their confirmation,
    /// which comes over the same connection later, holds for these too.
    func enterRooms(_ member: GatewaySocket, merchants: some Sequence<UUID16>) {
        member.socket.join(SocketRoom.user(member.identity.account))
        member.socket.join(SocketRoom.role(member.identity.role))
        for merchant in merchants { member.socket.join(SocketRoom.merchant(merchant)) }
    }

    /// Whether a socket that was taken up again belongs to this session, and may be in every room that it comes with.
    func mayHaveRooms(_ member: GatewaySocket) async throws(StoreError) -> Bool {
        let identity = member.identity
        var due: Set = [SocketRoom.user(identity.account), SocketRoom.role(identity.role)]
        due.formUnion(member.subscriber.merchants.map(SocketRoom.merchant))
        var rooms = Set(member.socket.rooms)
        guard rooms.remove(SocketRoom.session(identity.session)) != nil else { return false }
        // What others have put it into is theirs to judge.
        rooms = rooms.subtracting(due).filter(SocketRoom.isOurs)
        guard rooms.count <= Self.recoveredOrders else { return false }
        for room in rooms {
            guard let order = SocketRoom.order(of: room) else { return false }
            let seen = try await store.orderSnapshot(
                order, account: identity.account, role: identity.role, after: Int(Int32.max))
            if seen == nil { return false }
        }
        return true
    }

    /// Orders that a socket which is taken up again may follow by room: each is asked of PostgreSQL. With more it begins anew.
    private static let recoveredOrders = 20

    /// Once the socket may see the order. One in as many rooms as are allowed follows it without this one.
    ///
    /// Returns when emitters and official servers reach the socket there, or after `roomPatience`: then, and with Redis away,
    /// the order's events come all the same, and what others send to the room comes once Redis has confirmed it.
    func enterRoom(of order: UUID16, _ member: GatewaySocket) async {
        guard !member.isClosed else { return }
        let socket = member.socket
        await withCheckedContinuation { continuation in
            var waiting: CheckedContinuation<Void, Never>? = continuation
            let giveUp = timing.after(Self.roomPatience) {
                waiting?.resume()
                waiting = nil
            }
            Loop.start {
                do throws(AdapterError) {
                    try await socket.joinConfirmed(SocketRoom.order(order))
                } catch {
                    self.counters.unconfirmedChannels.increment()
                }
                giveUp.cancel()
                waiting?.resume()
                waiting = nil
            }
        }
    }

    /// How long an `order_subscribe` waits for Redis before its ack: long for a Redis that works, short for whoever asked.
    private static let roomPatience: Duration = .seconds(1)

    /// An order that a driver has brought, gave back or lost is not theirs to hear of any more.
    func leaveRoom(of event: EventRecord, _ member: GatewaySocket) {
        guard member.identity.role == .driver else { return }
        let account = member.identity.account
        let isTaken = event.previousDriverID == account && event.driverID != account
        guard isTaken || Self.driversLast.contains(event.type) else { return }
        member.socket.leave(SocketRoom.order(event.orderID))
    }

    private static let driversLast: Set<String> = [
        "order.delivered", "order.returned", "order.cancelled", "order.refunded",
    ]

    /// Official servers follow an order by its room; this node's sockets and the other nodes have other ways.
    func tellPeers(_ event: EventRecord) {
        peers.tellPeers(
            Self.pushName(of: event.type), json: event.json, room: SocketRoom.order(event.orderID), in: namespace)
    }

    /// What `fetchSockets` shows of a socket to whoever asks over Redis, and what `admin/sockets` answers from.
    func describe(_ socket: Socket) -> [UInt8] {
        guard let member = socket.context as? GatewaySocket else { return Array("{}".utf8) }
        return SocketSummary(member, node: node).json
    }
}
