public import EventLoop
public import Realtime
import Redis

/// Socket.IO's rooms over all nodes, carried by the bus. A node follows only rooms that have members here.
///
/// Channels: one a namespace for what concerns every node; one a room for broadcasts to that room alone; one a node for
/// broadcasts to a single socket, whose id begins with the node's six characters, and for answers.
///
/// At most once: what is published while Redis is away reaches this node's sockets alone, and is not sent again.
@Loop
public final class BusAdapter: Adapter {
    /// How long `fetchSockets` waits for the others.
    public static let fetchTimeout: Duration = .seconds(2)
    /// Questions of this node on their way at once; beyond it all others count as missing.
    public static let fetchLimit = 1_000

    private struct Fetch {
        var missing: Set<String>
        var found: [SocketDescription]
        let timer: ScheduledTimer
        let continuation: CheckedContinuation<FetchedSockets, Never>
    }

    private let bus: Bus
    private let timing: any Timing
    private let nodeName: String
    private let socketPrefix: String
    private let others: @Loop () -> [String]
    /// Tells this adapter's messages from those of others, also after a restart under the same name.
    private let sender = UInt64.random(in: .min ... .max)
    private var namespaces: [String: Namespace] = [:]
    private var rooms: [String: BusSubscription] = [:]
    private var common: [BusSubscription] = []
    private var fetches: [UInt64: Fetch] = [:]
    private var lastRequest: UInt64 = 0

    /// - Parameters:
    ///   - nodeName: of this node, as the others list it.
    ///   - socketPrefix: the same as in `SocketServerOptions`.
    ///   - others: names of the other nodes that should answer, such as `Membership` knows them.
    public init(
        bus: Bus, nodeName: String, socketPrefix: String, timing: any Timing, others: @escaping @Loop () -> [String]
    ) {
        self.bus = bus
        self.nodeName = nodeName
        self.socketPrefix = socketPrefix
        self.timing = timing
        self.others = others
        common.append(bus.subscribe(Self.nodeChannel(socketPrefix)) { [weak self] in self?.receivedOwn($0) })
    }

    /// Returns when this node gets what concerns every node; throws when Redis is away. The adapter works all the same.
    public func confirm() async throws(ClusterError) {
        for subscription in common { try await subscription.confirmed() }
    }

    // MARK: Adapter

    public func opened(_ namespace: Namespace) {
        namespaces[namespace.name] = namespace
        common.append(bus.subscribe(Self.channel(of: namespace.name)) { [weak self] in self?.received($0) })
    }

    public func roomOpened(_ room: String, in namespace: Namespace) {
        let channel = Self.channel(of: namespace.name, room: room)
        rooms[channel] = bus.subscribe(channel) { [weak self] in self?.received($0) }
    }

    public func roomClosed(_ room: String, in namespace: Namespace) {
        rooms.removeValue(forKey: Self.channel(of: namespace.name, room: room))?.cancel()
    }

    public func confirm(_ room: String, in namespace: Namespace) async throws(AdapterError) {
        guard let subscription = rooms[Self.channel(of: namespace.name, room: room)] else { throw .unavailable }
        do { try await subscription.confirmed() } catch { throw .unavailable }
    }

    public func broadcast(_ packet: BroadcastPacket, in namespace: Namespace) {
        namespace.deliver(packet)
        guard !packet.flags.contains(.local) else { return }
        publish(.broadcast(packet), packet.target, in: namespace)
    }

    public func join(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverJoin(target, rooms: rooms)
        publish(.join(target, rooms: rooms), target, in: namespace)
    }

    public func leave(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverLeave(target, rooms: rooms)
        publish(.leave(target, rooms: rooms), target, in: namespace)
    }

    public func disconnect(_ target: BroadcastTarget, close: Bool, in namespace: Namespace) {
        namespace.deliverDisconnect(target, close: close)
        publish(.disconnect(target, close: close), target, in: namespace)
    }

    public func serverSideEmit(_ event: String, json: [UInt8], in namespace: Namespace) {
        publish(.serverSideEmit(event: event, json: json), BroadcastTarget(), in: namespace)
    }

    public func fetchSockets(_ target: BroadcastTarget, in namespace: Namespace) async -> FetchedSockets {
        let own = namespace.describe(target)
        let asked = Set(others()).subtracting([nodeName])
        guard !asked.isEmpty else { return FetchedSockets(sockets: own) }
        guard bus.isUp, fetches.count < Self.fetchLimit else {
            return FetchedSockets(sockets: own, missingNodes: asked.sorted())
        }
        lastRequest += 1
        let request = lastRequest
        return await withCheckedContinuation { continuation in
            let timer = timing.after(Self.fetchTimeout) { [weak self] in self?.finish(request) }
            fetches[request] = Fetch(missing: asked, found: own, timer: timer, continuation: continuation)
            bus.publish(
                [Self.channel(of: namespace.name)],
                RoomMessage.fetch(target, request: request, asker: socketPrefix).encoded(
                    sender: sender, namespace: namespace.name))
        }
    }

    // MARK: Channels

    private static func nodeChannel(_ socketPrefix: String) -> String { "sio:node:\(socketPrefix)" }

    private static func channel(of namespace: String) -> String { "sio:all:\(namespace)" }

    /// The length keeps `/a` with room `b:c` from `/a:b` with room `c`.
    private static func channel(of namespace: String, room: String) -> String {
        "sio:room:\(namespace.utf8.count):\(namespace):\(room)"
    }

    /// A single room goes to those who follow it, and, where it may be a socket's id, to that socket's node.
    private func publish(_ message: RoomMessage, _ target: BroadcastTarget, in namespace: Namespace) {
        var channels = [Self.channel(of: namespace.name)]
        if target.rooms.count == 1 {
            let room = target.rooms[0]
            channels = [Self.channel(of: namespace.name, room: room)]
            let prefix = String(room.prefix(6))
            if room.utf8.count == Self.socketIDLength, prefix != socketPrefix {
                channels.append(Self.nodeChannel(prefix))
            }
        }
        bus.publish(channels, message.encoded(sender: sender, namespace: namespace.name))
    }

    /// Characters of a socket's id, the node's six included.
    private static let socketIDLength = 20

    // MARK: What comes

    private func received(_ bytes: [UInt8]) {
        guard let (sender, name, message) = RoomMessage.decode(bytes), sender != self.sender else { return }
        if case .fetch(let target, let request, let asker) = message {
            return answer(target, request, to: asker, namespaces[name])
        }
        guard let namespace = namespaces[name] else { return }
        apply(message, namespace)
    }

    /// On this node's own channel: broadcasts for a socket of this node, and answers.
    private func receivedOwn(_ bytes: [UInt8]) {
        guard let (sender, name, message) = RoomMessage.decode(bytes), sender != self.sender else { return }
        switch message {
        case .fetched(let request, let node, let sockets):
            fetches[request]?.found += sockets
            fetches[request]?.missing.remove(node)
            if fetches[request]?.missing.isEmpty == true { finish(request) }
        case .broadcast(let packet): applyPrivately(message, packet.target, name)
        case .join(let target, _), .leave(let target, _), .disconnect(let target, _):
            applyPrivately(message, target, name)
        case .fetch, .serverSideEmit: break
        }
    }

    /// A room that is named like an id and has members here got the message on its own channel.
    private func applyPrivately(_ message: RoomMessage, _ target: BroadcastTarget, _ name: String) {
        guard let namespace = namespaces[name], let room = target.rooms.first,
            rooms[Self.channel(of: name, room: room)] == nil
        else { return }
        apply(message, namespace)
    }

    private func apply(_ message: RoomMessage, _ namespace: Namespace) {
        switch message {
        case .broadcast(let packet): namespace.deliver(packet)
        case .join(let target, let rooms): namespace.deliverJoin(target, rooms: rooms)
        case .leave(let target, let rooms): namespace.deliverLeave(target, rooms: rooms)
        case .disconnect(let target, let close): namespace.deliverDisconnect(target, close: close)
        case .serverSideEmit(let event, let json): namespace.onServerSideEmit?(event, json)
        case .fetch, .fetched: break
        }
    }

    private func answer(_ target: BroadcastTarget, _ request: UInt64, to asker: String, _ namespace: Namespace?) {
        let sockets = namespace?.describe(target) ?? []
        bus.publish(
            [Self.nodeChannel(asker)],
            RoomMessage.fetched(request: request, node: nodeName, sockets).encoded(sender: sender, namespace: ""))
    }

    private func finish(_ request: UInt64) {
        guard let fetch = fetches.removeValue(forKey: request) else { return }
        fetch.timer.cancel()
        fetch.continuation.resume(
            returning: FetchedSockets(sockets: fetch.found, missingNodes: fetch.missing.sorted()))
    }
}
