import EventLoop
import Wire

/// A client's Engine.IO session as Socket.IO sees it: the sockets it has in namespaces, and the packets to and from them.
@Loop final class SocketConnection: DeadlineNode {
    /// Reaches this by way of the session, which lets go of it when it ends.
    let server: SocketServer
    let session: EngineSession
    let handshake: Handshake
    /// The socket in `/`, which most clients have and no other.
    private var rootSocket: Socket?
    private var otherSockets: [String: Socket]?
    /// Namespaces that the server ended: what the client sent before it knew is let pass.
    private var endedNamespaces: [String]?
    /// More than a client can have packets on the way for.
    private static let maximumEndedNamespaces = 16
    private var attachments: AttachmentCollector? {
        didSet {
            guard let oldValue else { return }
            oldValue.leaveDeadlineQueue()
            server.engine.unfinished.remove(oldValue.bytes)
        }
    }
    private var isWatchingDrain = false
    /// Namespaces whose CONNECT waits for a pattern's answer, other nodes or an earlier session.
    var joining: [String] = []

    init(server: SocketServer, session: EngineSession, handshake: Handshake) {
        self.server = server
        self.session = session
        self.handshake = handshake
    }

    // MARK: Packets

    private func receive(_ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer, _ attachments: [[UInt8]]) {
        switch packet.type {
        case .event, .binaryEvent:
            guard let socket = borrowedSocket(packet, bytes) else { return strayed(packet, bytes) }
            socket._withUnsafeGuaranteedRef { event(packet, bytes, attachments, $0) }
        case .acknowledgement, .binaryAcknowledgement:
            guard let socket = socket(packet, bytes), let id = packet.acknowledgementID else {
                return strayed(packet, bytes)
            }
            socket.pendingAcknowledgements?.finish(
                id, .success(ClientAnswer(json: Array(bytes[packet.arguments]), attachments: attachments)))
        case .connect:
            connect(packet.namespaceName(in: bytes.octets.span), auth: packet.payload.map { Array(bytes[$0]) } ?? [])
        case .disconnect:
            guard let socket = socket(packet, bytes) else { return strayed(packet, bytes) }
            remove(socket, .clientNamespaceDisconnect)
        case .connectError:
            invalid(.invalidState)
        }
    }

    private func socket(_ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer) -> Socket? {
        guard packet.namespace != nil else { return rootSocket }
        guard let otherSockets else { return nil }
        return otherSockets[packet.namespaceName(in: bytes.octets.span)]
    }

    /// A packet for a namespace that has no socket of this client.
    private func strayed(_ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer) {
        let name = packet.namespaceName(in: bytes.octets.span)
        if endedNamespaces?.contains(name) != true { invalid(.invalidState) }
    }

    /// As `socket`, of those that are connected, not held: one that ends meanwhile lives until the turn is over.
    private func borrowedSocket(_ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer) -> Unmanaged<Socket>? {
        guard packet.namespace != nil else { return rootSocket.flatMap { $0.isConnected ? .passUnretained($0) : nil } }
        return socket(packet, bytes).flatMap { $0.isConnected ? .passUnretained($0) : nil }
    }

    /// Keeps a socket that leaves the tables until the end of the turn: what calls its handlers does not hold it.
    private func letGo(_ socket: Socket) {
        Loop.atTurnEnd { withExtendedLifetime(socket) {} }
    }

    private func event(
        _ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer, _ attachments: [[UInt8]], _ socket: Socket
    ) {
        server.counters.eventsReceived += 1
        let namespace = socket.namespace
        guard let range = packet.eventName else { return }
        let arguments = UnsafeRawBufferPointer(rebasing: bytes[packet.arguments])
        let id = packet.acknowledgementID
        if bytes[range.lowerBound] == UInt8(ascii: "\"") {
            let name = UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound + 1..<range.upperBound - 1])
            if let entry = namespace.events.find(name) {
                return entry._withUnsafeGuaranteedRef { $0.handle(arguments, attachments, id: id, from: socket) }
            }
        }
        // Unknown, or written with escapes.
        guard let name = packet.eventNameText(in: bytes.octets.span) else { return }
        var copy = name
        if let entry = copy.withUTF8({ namespace.events.find(UnsafeRawBufferPointer($0)) }) {
            return entry._withUnsafeGuaranteedRef { $0.handle(arguments, attachments, id: id, from: socket) }
        }
        server.counters.unknownEvents += 1
        guard let onUnknown = namespace.onUnknown else { return }
        OwnedEventHandler(name, onUnknown).handle(arguments, attachments, id: id, from: socket)
    }

    /// An event as nearly all come, for a handler that there is. False: nothing was done.
    @inline(__always)
    private func takesPlainEvent(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let socket = rootSocket.map(Unmanaged.passUnretained),
            let event = SocketIOPlainEvent.find(in: text.octets.span, depth: SocketServerOptions.packetLimits.depth)
        else { return false }
        return socket._withUnsafeGuaranteedRef { socket in
            guard socket.isConnected,
                let entry = socket.namespace.events.find(UnsafeRawBufferPointer(rebasing: text[event.name]))
            else { return false }
            server.counters.eventsReceived += 1
            let arguments = UnsafeRawBufferPointer(rebasing: text[event.arguments])
            entry._withUnsafeGuaranteedRef { $0.handle(arguments, [], id: event.acknowledgementID, from: socket) }
            return true
        }
    }

    /// What breaks the protocol ends the whole connection.
    private func invalid(_ reason: EngineCloseReason) {
        server.counters.invalidPackets += 1
        session.close(reason)
    }

    // MARK: Connecting to namespaces

    private func connect(_ name: String, auth: [UInt8]) {
        guard socket(in: name) == nil, !joining.contains(name) else { return invalid(.invalidState) }
        let namespace = server.knownNamespace(name)
        guard namespace != nil || server.hasPatterns else { return refuse(name, .invalidNamespace) }
        guard allSockets.count + joining.count < server.options.maximumNamespacesPerConnection else {
            server.counters.refusedNamespaces += 1
            return refuse(name, .tooManyNamespaces)
        }
        if let namespace { enter(namespace, auth) } else { seek(name, auth) }
    }

    /// Joins a namespace that may have come to be just now: what other nodes broadcast to it from now on must not be missed.
    private func enter(_ namespace: Namespace, _ auth: [UInt8]) {
        guard namespace.tenancy != nil, !server.adapter.isConfirmed(namespace) else { return join(namespace, auth) }
        joining.append(namespace.name)
        namespace.tenancy?.enter()
        Loop.start {
            // Without a link to the others it is joined all the same.
            try? await self.server.adapter.confirm(namespace)
            namespace.tenancy?.leave()
            self.joining.removeAll { $0 == namespace.name }
            if self.session.isOpen { self.join(namespace, auth) }
        }
    }

    /// Asks the patterns for a namespace that does not exist yet.
    private func seek(_ name: String, _ auth: [UInt8]) {
        joining.append(name)
        Loop.start {
            let pattern = await self.server.pattern(for: name, auth: auth)
            self.joining.removeAll { $0 == name }
            guard self.session.isOpen else { return }
            guard let pattern else { return self.refuse(name, .invalidNamespace) }
            guard let namespace = pattern.namespace(name) else {
                self.server.counters.refusedNamespaces += 1
                return self.refuse(name, .tooManyNamespaces)
            }
            self.enter(namespace, auth)
        }
    }

    private func join(_ namespace: Namespace, _ auth: [UInt8]) {
        if let log = server.recovery {
            let wish = RecoveryWish(auth: auth, mode: server.options.recoveryMode)
            if let pid = wish.pid { return recover(pid, wish, from: log, namespace, auth) }
            return begin(makeSocket(namespace, auth, wantsRecovery: wish.isWanted))
        }
        begin(makeSocket(namespace, auth))
    }

    func makeSocket(_ namespace: Namespace, _ auth: [UInt8], wantsRecovery: Bool = false) -> Socket {
        let socket = Socket(id: server.makeSocketID(), namespace: namespace, connection: self, auth: auth)
        socket.wantsRecovery = wantsRecovery
        return socket
    }

    /// Asks the middlewares.
    func begin(_ socket: Socket) {
        let namespace = socket.namespace
        keep(socket)
        guard !namespace.middlewares.isEmpty else { return accept(socket) }
        Loop.start {
            for middleware in namespace.middlewares {
                do throws(ConnectRefusal) {
                    try await middleware(socket)
                } catch {
                    self.refuse(socket, error)
                    return
                }
                guard socket.state == .connecting else { return }
            }
            self.accept(socket)
        }
    }

    private func accept(_ socket: Socket) {
        guard socket.state == .connecting else { return }
        leaveDeadlineQueue()
        if socket.isRecovered { return sendMissed(socket) }
        if socket.wantsRecovery, let position = server.recovery?.position {
            socket.recovery = RecoverySession(socket, at: position)
        }
        socket.namespace.connected(socket)
        complete(socket)
    }

    /// The socket is in the namespace's tables.
    func complete(_ socket: Socket) {
        socket.state = .connected
        findStream(of: socket)
        let namespace = socket.namespace
        server.counters.connects += 1
        var packet: [UInt8] = []
        SocketIOEncoder.appendConnected(
            sessionID: socket.id, recoveryID: socket.recovery?.pid, namespace: namespace.name, to: &packet)
        sendPacket(packet)
        if let session = socket.recovery { server.recovery?.opened(session) }
        for handler in namespace.connectHandlers where socket.state == .connected { handler(socket) }
        socket.auth = []
        handshake.retain(server.options.retainedHeaders)
    }

    private func findStream(of socket: Socket) {
        if socket.state == .connected, socket.recovery == nil { socket.plainStream = session.plainStream }
    }

    private func refuse(_ socket: Socket, _ refusal: ConnectRefusal) {
        guard socket.state == .connecting else { return }
        drop(socket)
        let name = socket.namespace.name
        socket.ended(.serverNamespaceDisconnect)
        refuse(name, refusal)
    }

    private func refuse(_ namespace: String, _ refusal: ConnectRefusal) {
        server.counters.refusedConnects += 1
        var packet: [UInt8] = []
        SocketIOEncoder.appendConnectError(
            message: refusal.message, data: refusal.data ?? [], namespace: namespace, to: &packet)
        sendPacket(packet)
    }

    private func sendPacket(_ packet: [UInt8]) {
        session.send(length: packet.count, attachments: [], volatile: false) { $0.append(contentsOf: packet) }
    }

    /// No namespace was joined in time.
    override func deadlinePassed() {
        session.close(.connectTimeout)
    }

    // MARK: Sockets

    private var allSockets: [Socket] {
        var all: [Socket] = []
        if let rootSocket { all.append(rootSocket) }
        if let otherSockets { all += otherSockets.values }
        return all
    }

    private func socket(in namespace: String) -> Socket? {
        namespace == "/" ? rootSocket : otherSockets?[namespace]
    }

    private func keep(_ socket: Socket) {
        let name = socket.namespace.name
        endedNamespaces?.removeAll { $0 == name }
        if name == "/" {
            rootSocket = socket
        } else {
            var others = otherSockets ?? [:]
            others[name] = socket
            otherSockets = others
        }
    }

    private func drop(_ socket: Socket) {
        letGo(socket)
        let name = socket.namespace.name
        if name == "/" {
            rootSocket = nil
        } else {
            otherSockets?[name] = nil
        }
    }

    private func remove(_ socket: Socket, _ reason: DisconnectReason) {
        drop(socket)
        socket.ended(reason)
    }

    /// Ends one socket with a DISCONNECT packet; the connection stays.
    func disconnect(_ socket: Socket) {
        let name = socket.namespace.name
        endedNamespaces = (endedNamespaces ?? []).suffix(Self.maximumEndedNamespaces - 1) + [name]
        var packet: [UInt8] = []
        SocketIOEncoder.appendDisconnect(namespace: name, to: &packet)
        sendPacket(packet)
        remove(socket, .serverNamespaceDisconnect)
    }

    func disconnectAll() {
        for socket in allSockets { disconnect(socket) }
        session.close(.forcedClose)
    }

    // MARK: Draining of the client's queue

    /// Looks in the next turn, when this one's output has been written: either nothing waits then, or the transport
    /// will say when it is gone.
    func watchDrain() {
        guard !isWatchingDrain else { return }
        isWatchingDrain = true
        Loop.atTurnEnd {
            Loop.atTurnEnd { [weak self] in
                guard let self else { return }
                isWatchingDrain = false
                // Where many streams are written to, this one's turn may not have come yet.
                session.webSocket?.stream.flushNow()
                if session.queuedBytes == 0 { sessionDrained() }
            }
        }
    }
}

extension SocketConnection: EngineSessionHandler {
    func sessionReceived(text: UnsafeRawBufferPointer) {
        guard attachments == nil else { return invalid(.invalidMessage) }
        if takesPlainEvent(text) { return }
        let packet: SocketIOPacket
        do throws(WireError) {
            packet = try SocketIOPacket.decode(text.octets.span, limits: SocketServerOptions.packetLimits, isUTF8: true)
        } catch {
            return invalid(.invalidMessage)
        }
        if packet.attachmentCount > 0 {
            let collector = AttachmentCollector(packet: packet, text: Array(text), connection: self)
            server.engine.unfinished.queue.add(collector)
            attachments = collector
            if !server.engine.unfinished.add(collector.bytes) { attachmentsOverdue() }
        } else {
            receive(packet, text, [])
        }
    }

    func sessionReceived(binary: UnsafeRawBufferPointer) {
        guard let attachments else { return invalid(.invalidMessage) }
        let options = server.options
        guard attachments.bytes + binary.count <= max(options.maximumAttachmentBytes, options.engine.maximumPayload)
        else {
            server.counters.refusedAttachments += 1
            return session.close(.attachmentsTooLarge)
        }
        let isWithin = server.engine.unfinished.add(binary.count)
        guard let parts = attachments.add(Array(binary)) else {
            if !isWithin { attachmentsOverdue() }
            return
        }
        self.attachments = nil
        attachments.text.withUnsafeBytes { receive(attachments.packet, $0, parts) }
    }

    /// They did not come in time, or too much waits of all clients.
    func attachmentsOverdue() {
        server.engine.statistics.unfinishedMessages += 1
        session.close(.unfinishedMessage)
    }

    func sessionDrained() {
        for socket in allSockets {
            guard let action = socket.drainAction else { continue }
            socket.drainAction = nil
            action()
        }
    }

    func sessionUpgraded() {
        for socket in allSockets { findStream(of: socket) }
        if allSockets.contains(where: { $0.drainAction != nil }) { watchDrain() }
    }

    func sessionClosed(_ reason: EngineCloseReason) {
        leaveDeadlineQueue()
        let sockets = allSockets
        rootSocket = nil
        otherSockets = nil
        attachments = nil
        for socket in sockets {
            letGo(socket)
            socket.ended(reason.disconnectReason)
        }
    }
}
