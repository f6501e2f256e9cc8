public import EventLoop
public import Realtime
import Wire

/// Socket.IO's rooms over all nodes, and over whatever other servers speak as `@socket.io/redis-adapter` 8.3 does over the
/// same Redis; emitters too.
///
/// A node follows only what it has sockets for. A namespace `/n` has these channels:
///
/// - `socket.io#/n#` for broadcasts to the whole namespace or to several rooms: every node;
/// - `socket.io#/n#ROOM#` for broadcasts to exactly one room: the nodes with members, and for a while after;
/// - the pattern `socket.io#/n#UID*` for rooms that are the ids of this node's sockets, all of which begin with its uid;
/// - `socket.io-request#/n#`, which every server follows exactly once, since its followers are counted;
/// - `socket.io-response#/n#`, where other servers answer, and `socket.io-response#/n#UID#`, where nodes of this house do.
///
/// At most once: local sockets are served at once, and what is published while Redis is away reaches nobody else. With a
/// `RedisRecoveryLog`, which then carries what is recoverable, that holds for the rest alone.
@Loop
public final class RedisAdapter: Adapter {
    /// How long questions without a time of their own wait for the others.
    public static let fetchTimeout: Duration = .seconds(2)
    /// Questions of this node on their way at once; beyond it all others count as missing.
    public static let questionLimit = 1_000
    /// Bytes that the answers to one question may have together; then whoever has not answered counts as missing.
    public static let answerLimit = 64 * 1_048_576
    /// Broadcasts of others for which this node's clients owe acknowledgements; further ones are dropped and counted.
    public static let owedLimit = 1_000
    /// How long clients may take to acknowledge a broadcast of another server that does not say how long it waits.
    public static let owedTime: Duration = .seconds(60)
    /// Bytes of a message that is read; longer ones are dropped and counted.
    public static let messageLimit = Bus.foreignMessageLimit

    /// Since the start.
    public internal(set) var statistics = RoomStatistics()

    let bus: Bus
    let timing: any Timing
    let nodeName: String
    /// Names this node in messages; begins the ids of its sockets.
    let uid: String
    let others: @Loop () -> [String]
    let silent: @Loop () -> [String]
    /// Carries what is recoverable; nil where recovery is off.
    let log: RedisRecoveryLog?
    var channels: [String: NamespaceChannels] = [:]
    var questions: [String: Question] = [:]
    var owed = 0
    private var python: BusSubscription?
    var writer = MessagePackWriter(reservingCapacity: 512)
    /// What own broadcasts with a place in the log begin with.
    private let ownHead: [UInt8]

    /// - Parameters:
    ///   - nodeName: of this node, as the others list it.
    ///   - socketPrefix: the same as in `SocketServerOptions`.
    ///   - pythonChannel: where python-socketio's managers and emitters (5.14 or later) publish; nil follows none.
    ///   - log: of the same server; nil where connection state recovery is off.
    ///   - silent: names of those that are listed but known not to answer: named as missing, never waited for.
    ///   - others: names of the other nodes that live and so should answer.
    public init(
        bus: Bus, nodeName: String, socketPrefix: String, pythonChannel: String? = nil, timing: any Timing,
        log: RedisRecoveryLog? = nil, silent: @escaping @Loop () -> [String] = { [] },
        others: @escaping @Loop () -> [String]
    ) {
        self.bus = bus
        self.nodeName = nodeName
        uid = socketPrefix
        var head = MessagePackWriter(reservingCapacity: 16)
        head.array(4)
        head.value(socketPrefix)
        ownHead = head.bytes
        self.timing = timing
        self.others = others
        self.silent = silent
        self.log = log
        python = pythonChannel.map { channel in
            bus.subscribe(foreign: channel) { [weak self] in self?.receivedFromPython($0) }
        }
        log?.adapter = self
    }

    /// Returns when this node gets what concerns every node; throws when Redis is away. The adapter works all the same.
    public func confirm() async throws(ClusterError) {
        try await python?.confirmed()
        for channels in channels.values { try await channels.confirm() }
    }

    // MARK: Rooms

    public func opened(_ namespace: Namespace) {
        let own = NamespaceChannels(namespace, uid: uid)
        channels[namespace.name] = own
        own.heardRoom = { [weak self, weak own] _, message in
            if let own { self?.received(message, own) }
        }
        own.common = [
            bus.subscribe(foreign: own.all) { [weak self] in self?.received($0, own) },
            bus.subscribe(foreignPattern: own.all + uid + "*") { [weak self] in self?.receivedPrivately($1, $0, own) },
            bus.subscribe(foreign: own.request) { [weak self] in self?.receivedRequest($0, own) },
            bus.subscribe(foreign: own.response) { [weak self] in self?.receivedResponse($0) },
            bus.subscribe(foreign: own.ownResponse) { [weak self] in self?.receivedResponse($0) },
        ]
    }

    public func closed(_ namespace: Namespace) {
        guard let own = channels.removeValue(forKey: namespace.name) else { return }
        for subscription in own.common + own.rooms.values.map(\.subscription) { subscription.cancel() }
    }

    public func roomOpened(_ room: String, in namespace: Namespace) {
        guard let own = channels[namespace.name] else { return }
        if own.rooms[room] != nil {
            // A socket that came from another node, and a room that bears its id.
            own.rooms[room]?.uses += 1
            return
        }
        let subscription: BusSubscription
        if room.hasPrefix(uid) {
            subscription = bus.subscribe(foreign: own.channel(of: room)) { [weak self] message in
                // What is meant for a socket that began on this node comes by the pattern too.
                if own.namespace.socket(room) == nil { self?.received(message, own) }
            }
        } else {
            subscription = bus.subscribe(foreign: own.channel(of: room), own.heardRoom)
        }
        own.rooms[room] = FollowedRoom(subscription: subscription, marks: log?.marks ?? 0)
    }

    public func roomClosed(_ room: String, in namespace: Namespace) {
        guard let own = channels[namespace.name], let followed = own.rooms[room] else { return }
        own.rooms[room]?.uses -= 1
        guard followed.uses == 1 else { return }
        own.rooms[room] = nil
        followed.subscription.cancel()
    }

    public func confirm(_ room: String, in namespace: Namespace) async throws(AdapterError) {
        guard let own = channels[namespace.name], let subscription = own.rooms[room]?.subscription else {
            throw .unavailable
        }
        do throws(ClusterError) {
            try await own.confirm()
            try await subscription.confirmed()
        } catch {
            throw .unavailable
        }
    }

    public func isConfirmed(_ namespace: Namespace) -> Bool { channels[namespace.name]?.isConfirmed ?? true }

    public func confirm(_ namespace: Namespace) async throws(AdapterError) {
        do throws(ClusterError) {
            try await channels[namespace.name]?.confirm()
        } catch {
            throw .unavailable
        }
    }

    // MARK: Broadcasts

    public func broadcast(_ packet: BroadcastPacket, in namespace: Namespace) {
        namespace.deliver(packet)
        guard !packet.flags.contains(.local), let own = channels[namespace.name] else { return }
        publish(packet, own)
    }

    /// The one way of a broadcast that needs no answer, and is not logged, to the other nodes.
    private func publish(_ packet: BroadcastPacket, _ own: NamespaceChannels) {
        guard let bytes = encode(packet, own, leavesRoom: false) else { return }
        bus.publish(foreign: own.channel(for: packet.target), bytes)
    }

    /// nil, and counted, when the arguments are not JSON. `leavesRoom`: for a fourth element.
    func encode(_ packet: BroadcastPacket, _ own: NamespaceChannels, leavesRoom: Bool) -> [UInt8]? {
        writer.removeAll()
        do throws(WireError) {
            try PeerBroadcast.append(
                packet.event, json: packet.json.span, attachments: packet.attachments, namespace: own.namespace.name,
                uid: uid, target: PeerTarget(packet.target), isVolatile: packet.flags.contains(.volatile),
                isUncompressed: packet.flags.contains(.uncompressed), leavesRoom: leavesRoom, to: &writer)
        } catch {
            statistics.unencodable += 1
            return nil
        }
        return writer.bytes
    }

    func received(_ message: [UInt8], _ own: NamespaceChannels) {
        guard message.count <= Self.messageLimit else { return malformed() }
        if let log, message.starts(with: ownHead), let (sent, place) = log.sent.take(message) {
            let isMet = own.namespace.hasMembers(sent.packet.target)
            if isMet { statistics.broadcasts += 1 } else { statistics.passedOver += 1 }
            return log.received(isMet ? (sent.packet, own.namespace) : nil, at: place)
        }
        do throws(WireError) {
            guard let broadcast = try PeerBroadcast.decode(message.span, passingOver: uid) else { return }
            let place = broadcast.position.flatMap { RecoveryOffset($0) }
            guard broadcast.position != Self.broughtOtherwise,
                own.namespace.hasMembers(BroadcastTarget(broadcast.target))
            else {
                statistics.passedOver += 1
                if let place { log?.received(nil, at: place) }
                return
            }
            let packet = try packet(broadcast, message, own)
            statistics.broadcasts += 1
            if let place, let log {
                log.received((packet, own.namespace), at: place)
            } else {
                own.namespace.deliver(packet)
            }
        } catch {
            malformed()
        }
    }

    func packet(
        _ broadcast: PeerBroadcast, _ message: [UInt8], _ own: NamespaceChannels
    ) throws(WireError) -> BroadcastPacket {
        let event = try PeerEvent.decode(message.span, at: broadcast.packet, namespace: own.namespace.name)
        var flags: BroadcastFlags = broadcast.isVolatile ? .volatile : []
        if broadcast.isUncompressed { flags.insert(.uncompressed) }
        return BroadcastPacket(
            target: BroadcastTarget(broadcast.target), flags: flags, event: event.name, json: event.json,
            attachments: event.attachments)
    }

    /// By the pattern: other rooms whose names begin like this node's ids have channels of their own.
    private func receivedPrivately(_ message: [UInt8], _ channel: [UInt8], _ own: NamespaceChannels) {
        let room = String(decoding: channel.dropFirst(own.all.utf8.count).dropLast(), as: UTF8.self)
        guard own.namespace.socket(room) != nil else { return }
        received(message, own)
    }

    func malformed() { statistics.malformed += 1 }

    // MARK: Changes of sockets

    public func join(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverJoin(target, rooms: rooms)
        tell(.join(PeerTarget(target), rooms: rooms), namespace)
    }

    public func leave(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverLeave(target, rooms: rooms)
        tell(.leave(PeerTarget(target), rooms: rooms), namespace)
    }

    public func disconnect(_ target: BroadcastTarget, close: Bool, in namespace: Namespace) {
        namespace.deliverDisconnect(target, close: close)
        tell(.disconnect(PeerTarget(target), close: close), namespace)
    }

    public func serverSideEmit(_ event: String, json: [UInt8], in namespace: Namespace) {
        tell(.serverSideEmit(event: event, json: json), namespace)
    }

    /// A request that wants no answer.
    private func tell(_ body: PeerRequest.Body, _ namespace: Namespace) {
        guard let own = channels[namespace.name] else { return }
        bus.publish(foreign: own.request, PeerRequest(uid: uid, node: nodeName, body: body).encoded())
    }
}
