public import EventLoop

/// The sockets, rooms and handlers of one namespace on this node.
@Loop public final class Namespace {
    public typealias Middleware = @Loop (Socket) async throws(ConnectRefusal) -> Void

    /// Begins with a slash.
    public let name: String
    unowned let server: SocketServer
    /// Of a namespace that a pattern made; nil for others.
    var tenancy: NamespaceTenancy?
    /// What stands between packet type and data: nothing for `/`, else the name and a comma.
    let wirePrefix: [UInt8]

    private(set) var middlewares: [Middleware] = []
    private(set) var connectHandlers: [@Loop (Socket) -> Void] = []
    let events = EventTable()
    private var disconnectingHandlers: [@Loop (Socket, DisconnectReason) -> Void] = []
    private var disconnectHandlers: [@Loop (Socket, DisconnectReason) -> Void] = []
    /// Events without a handler; they are ignored when this is not set.
    public var onUnknown: (@Loop (Socket, IncomingEvent) -> Void)?
    /// What another node's `serverSideEmit` sent: event, raw JSON of the arguments.
    public var onServerSideEmit: (@Loop (String, [UInt8]) -> Void)?
    /// What another node's `serverSideRequest` sent, with what answers it: raw JSON of one value, once at most. Without it
    /// such requests of other nodes stay unanswered.
    public var onServerSideRequest: (@Loop (String, [UInt8], _ answer: @escaping @Loop ([UInt8]) -> Void) -> Void)?
    /// Raw JSON of what other nodes may see of the application's state of a socket; nil shows them `{}`.
    public var describeData: (@Loop (Socket) -> [UInt8])?

    private(set) var sockets: [Socket] = []
    private var socketsByID: [String: Socket] = [:]
    private var roomTable: [String: Room] = [:]
    private var lastMark: UInt32 = 0
    private var lastAcknowledgementID = -1

    init(name: String, server: SocketServer) {
        self.name = name
        self.server = server
        wirePrefix = name == "/" ? [] : Array(name.utf8) + [UInt8(ascii: ",")]
    }

    // MARK: Handlers

    /// Runs before a socket is connected, in order of registration; throwing refuses the socket.
    public func use(_ middleware: @escaping Middleware) {
        middlewares.append(middleware)
    }

    /// Runs when the CONNECT reply is queued: what is emitted here follows it directly.
    public func onConnect(_ handler: @escaping @Loop (Socket) -> Void) {
        connectHandlers.append(handler)
    }

    /// Runs once for each connected socket that ends, while it is in its rooms still; nothing reaches its client any more.
    public func onDisconnecting(_ handler: @escaping @Loop (Socket, DisconnectReason) -> Void) {
        disconnectingHandlers.append(handler)
    }

    /// Runs once for each connected socket that has ended and left its rooms.
    public func onDisconnect(_ handler: @escaping @Loop (Socket, DisconnectReason) -> Void) {
        disconnectHandlers.append(handler)
    }

    /// One handler a name: a later registration replaces the earlier.
    public func on(_ event: String, _ handler: @escaping @Loop (Socket, IncomingEvent) -> Void) {
        events.set(OwnedEventHandler(event, handler))
    }

    /// As `on`, for handlers that are done with the event when they return.
    public func onBorrowed(_ event: String, _ handler: @escaping @Loop (Socket, borrowing BorrowedEvent) -> Void) {
        events.set(BorrowedEventHandler(event, handler))
    }

    /// Lets go of everything that was registered: what captures this namespace would keep it for ever.
    func dropHandlers() {
        middlewares = []
        connectHandlers = []
        disconnectingHandlers = []
        disconnectHandlers = []
        events.removeAll()
        onUnknown = nil
        onServerSideEmit = nil
        onServerSideRequest = nil
        describeData = nil
    }

    // MARK: Sending

    /// To every socket in one of the rooms, once each, on every node. A socket's id is the name of a room that it alone is in.
    public func to(_ rooms: String...) -> BroadcastOperator { to(rooms) }

    /// As above; no room means everybody.
    public func to(_ rooms: [String]) -> BroadcastOperator {
        BroadcastOperator(namespace: self, target: BroadcastTarget(rooms: rooms))
    }

    /// To every socket that is in none of the rooms, on every node.
    public func except(_ rooms: String...) -> BroadcastOperator {
        BroadcastOperator(namespace: self, target: BroadcastTarget(except: rooms))
    }

    /// To every socket of the namespace on every node.
    public var all: BroadcastOperator { BroadcastOperator(namespace: self, target: BroadcastTarget()) }

    /// To every socket of the namespace on every node; see `BroadcastOperator.emit`.
    public func emit(_ event: String, json: [UInt8] = [], attachments: [[UInt8]] = []) {
        all.emit(event, json: json, attachments: attachments)
    }

    /// For `Socket.send`: encoded once, for any number of this namespace's sockets.
    public func encode(_ event: String, json: [UInt8] = [], attachments: [[UInt8]] = []) -> EncodedFrame {
        EncodedFrame(prefix: wirePrefix, event: event, json: json, attachments: attachments)
    }

    /// To the other nodes' `onServerSideEmit`.
    public func serverSideEmit(_ event: String, json: [UInt8] = []) {
        server.adapter.serverSideEmit(event, json: json, in: self)
    }

    /// Asks the other nodes' `onServerSideRequest`.
    public func serverSideRequest(
        _ event: String, json: [UInt8] = [], within timeout: Duration
    ) async -> GatheredAnswers<[UInt8]> {
        await server.adapter.serverSideRequest(event, json: json, within: timeout, in: self)
    }

    /// Names of the rooms that have members on any node, those that bear a socket's id too.
    public func allRooms() async -> GatheredAnswers<String> { await server.adapter.allRooms(in: self) }

    // MARK: Sockets and rooms of this node

    /// Sockets on this node.
    public var socketCount: Int { sockets.count }
    /// Rooms that have members here, without those that bear a socket's id.
    public var roomCount: Int { roomTable.count }
    /// Names of the rooms that have members here.
    public var rooms: [String] { Array(roomTable.keys) }

    /// A socket of this node; nil when there is none of that id here.
    public func socket(_ id: String) -> Socket? { socketsByID[id] }

    /// Whether somebody on this node is in the room, or bears its name as id.
    public func hasMembers(_ room: String) -> Bool { roomTable[room] != nil || socketsByID[room] != nil }

    /// Calls `body` once for each socket of the target on this node.
    public func forEachSocket(_ target: BroadcastTarget, _ body: (Socket) -> Void) {
        visit(target, body)
    }

    /// Inlined, since a broadcast's closure is called for each of its deliveries.
    @inline(__always)
    private func visit(_ target: BroadcastTarget, _ body: (Socket) -> Void) {
        if target.except.isEmpty {
            if target.rooms.isEmpty {
                Self.forEach(sockets, body)
                return
            }
            if target.rooms.count == 1 {
                if let room = roomTable[target.rooms[0]] {
                    Self.forEach(room.members, body)
                } else if let socket = socketsByID[target.rooms[0]] {
                    body(socket)
                }
                return
            }
        }
        let mark = nextMark()
        for room in target.except { forEachMember(room) { $0.broadcastMark = mark } }
        if target.rooms.isEmpty {
            for socket in sockets { Self.once(socket, mark, body) }
        } else {
            for room in target.rooms { forEachMember(room) { Self.once($0, mark, body) } }
        }
    }

    /// Holds the list, and so the sockets in it, whatever happens meanwhile: none need be held by itself.
    private static func forEach(_ sockets: [Socket], _ body: (Socket) -> Void) {
        withExtendedLifetime(sockets) {
            for index in sockets.indices { Unmanaged.passUnretained(sockets[index])._withUnsafeGuaranteedRef(body) }
        }
    }

    private static func once(_ socket: Socket, _ mark: UInt32, _ body: (Socket) -> Void) {
        guard socket.broadcastMark != mark else { return }
        socket.broadcastMark = mark
        body(socket)
    }

    private func forEachMember(_ room: String, _ body: (Socket) -> Void) {
        if let room = roomTable[room] {
            Self.forEach(room.members, body)
        } else if let socket = socketsByID[room] {
            body(socket)
        }
    }

    /// A fresh value that no socket bears. After the counter's wrap the old marks are wiped, or a socket last met
    /// 2^32 broadcasts ago would be passed over.
    private func nextMark() -> UInt32 {
        lastMark &+= 1
        if lastMark == 0 {
            for socket in sockets { socket.broadcastMark = 0 }
            lastMark = 1
        }
        return lastMark
    }

    // MARK: What adapters call

    /// Delivers a broadcast to this node's sockets. Returns how many it reached.
    ///
    /// `offset`: the packet's place in the recovery log; nil for what is not logged.
    @discardableResult public func deliver(_ packet: BroadcastPacket, at offset: RecoveryOffset? = nil) -> Int {
        if server.recovery == nil { return deliverShared(packet) }
        var frame: EncodedFrame?
        var recoveryFrames = RecoveryFrames(packet, at: offset, in: self)
        var count = 0
        let isVolatile = packet.flags.contains(.volatile)
        let compresses = !packet.flags.contains(.uncompressed)
        forEachSocket(packet.target) { socket in
            if let session = socket.recovery {
                if recoveryFrames.deliver(to: socket, session) { count += 1 }
                return
            }
            let shared = frame ?? encode(packet.event, json: packet.json, attachments: packet.attachments)
            frame = shared
            socket.send(shared, volatile: isVolatile, compress: compresses)
            count += 1
        }
        server.counters.broadcasts += 1
        server.counters.deliveries += UInt64(count)
        return count
    }

    /// `deliver` where nobody recovers: all get the same frame.
    private func deliverShared(_ packet: BroadcastPacket) -> Int {
        var count = 0
        if hasMembers(packet.target) {
            let frame = encode(packet.event, json: packet.json, attachments: packet.attachments)
            let isVolatile = packet.flags.contains(.volatile)
            let compresses = !packet.flags.contains(.uncompressed)
            let isPlain = frame.attachments.isEmpty
            let limit = server.options.engine.volatileQueueLimit
            var written = 0
            visit(packet.target) { socket in
                if isPlain, socket.writes(frame.webSocketBytes, within: limit) {
                    written += 1
                } else {
                    socket.send(frame, volatile: isVolatile, compress: compresses)
                }
                count += 1
            }
            server.engine.statistics.messagesSent += UInt64(written)
        }
        server.counters.broadcasts += 1
        server.counters.deliveries += UInt64(count)
        return count
    }

    /// Whether there may be a socket of the target here.
    private func hasMembers(_ target: BroadcastTarget) -> Bool {
        target.rooms.isEmpty ? !sockets.isEmpty : target.rooms.contains { hasMembers($0) }
    }

    /// For adapters: puts this node's sockets of the target into the rooms.
    public func deliverJoin(_ target: BroadcastTarget, rooms: [String]) {
        forEachSocket(target) { socket in
            for room in rooms { join(socket, room) }
        }
    }

    /// For adapters: takes this node's sockets of the target out of the rooms.
    public func deliverLeave(_ target: BroadcastTarget, rooms: [String]) {
        forEachSocket(target) { socket in
            for room in rooms { leave(socket, room) }
        }
    }

    /// For adapters: ends this node's sockets of the target; `close` ends their connections too.
    public func deliverDisconnect(_ target: BroadcastTarget, close: Bool) {
        forEachSocket(target) { $0.disconnect(close: close) }
    }

    /// For adapters: this node's connected sockets of the target, as other nodes see them.
    public func describe(_ target: BroadcastTarget) -> [SocketDescription] {
        var found: [SocketDescription] = []
        forEachSocket(target) { socket in
            guard socket.isConnected else { return }
            found.append(
                SocketDescription(
                    id: socket.id, rooms: [socket.id] + socket.rooms,
                    remoteAddress: socket.handshake.remoteAddress,
                    handshake: socket.handshake.json(path: server.options.engine.path),
                    data: describeData?(socket) ?? Array("{}".utf8)))
        }
        return found
    }

    /// Ids of this node's sockets in any of the rooms; of all for no room.
    public func socketIDs(in rooms: [String]) -> [String] {
        var found: [String] = []
        forEachSocket(BroadcastTarget(rooms: rooms)) { if $0.isConnected { found.append($0.id) } }
        return found
    }

    /// The rooms that have members here, those that bear a socket's id too.
    public var roomsWithIDs: [String] { Array(roomTable.keys) + sockets.map(\.id) }

    // MARK: What sockets call

    func nextAcknowledgementID() -> Int {
        // Some clients parse ids as 32-bit integers.
        lastAcknowledgementID = lastAcknowledgementID == Int(Int32.max) ? 0 : lastAcknowledgementID + 1
        return lastAcknowledgementID
    }

    func connected(_ socket: Socket) {
        socket.index = sockets.count
        sockets.append(socket)
        socketsByID[socket.id] = socket
    }

    func ending(_ socket: Socket, _ reason: DisconnectReason) {
        server.counters.disconnects[reason, default: 0] += 1
        for handler in disconnectingHandlers { handler(socket, reason) }
    }

    /// The socket is in no room any more.
    func ended(_ socket: Socket, _ reason: DisconnectReason) {
        forget(socket)
        socket.onDisconnect?(reason)
        for handler in disconnectHandlers { handler(socket, reason) }
    }

    /// Takes it off the list of those who get broadcasts.
    func forget(_ socket: Socket) {
        guard socketsByID.removeValue(forKey: socket.id) != nil else { return }
        let last = sockets.removeLast()
        if last !== socket {
            sockets[socket.index] = last
            last.index = socket.index
        }
    }

    @discardableResult func join(_ socket: Socket, _ name: String) -> Bool {
        guard socket.state != .disconnected else { return false }
        guard name != socket.id, !socket.isIn(name) else { return true }
        guard socket.memberships.count < server.options.maximumRoomsPerSocket else {
            server.counters.refusedRooms += 1
            return false
        }
        if let room = roomTable[name] {
            room.add(socket)
        } else {
            let room = Room(name: name)
            roomTable[name] = room
            room.add(socket)
            server.adapter.roomOpened(name, in: self)
        }
        if let session = socket.recovery { joined(name, session) }
        return true
    }

    func leave(_ socket: Socket, _ name: String) {
        guard let place = socket.memberships.firstIndex(where: { $0.room.name == name }) else { return }
        leave(socket, place: place)
    }

    func leaveAll(_ socket: Socket) {
        while !socket.memberships.isEmpty { leave(socket, place: socket.memberships.count - 1) }
    }

    private func leave(_ socket: Socket, place: Int) {
        let room = socket.memberships[place].room
        room.remove(socket, place: place)
        if socket.state != .disconnected, let session = socket.recovery { left(room.name, session) }
        if room.members.isEmpty {
            roomTable[room.name] = nil
            server.adapter.roomClosed(room.name, in: self)
        }
    }
}
