public import EventLoop
import Wire

/// A client in a namespace (Socket.IO 5). Alive from the first middleware until `disconnected`.
@Loop public final class Socket {
    enum State {
        case connecting
        case connected
        case disconnected
    }

    /// 20 characters; the first six name the node.
    public let id: String
    public let namespace: Namespace
    public let handshake: Handshake
    /// Raw JSON object that came with CONNECT; empty when none came, and again once the namespace is joined.
    public internal(set) var auth: [UInt8]
    /// The application's own state.
    public var context: AnyObject?
    /// Called once, when the socket has left its rooms. Costs a closure a socket: `Namespace.onDisconnect` does not.
    public var onDisconnect: (@Loop (DisconnectReason) -> Void)?

    /// The socket continues a session that an earlier connection began: its id and rooms are that one's, and what was
    /// missed has been sent. Known to middlewares too.
    public internal(set) var isRecovered = false
    /// Why its client, which came back for an earlier session, has a fresh one.
    public internal(set) var recoveryRefusal: RecoveryRefusal?
    var wantsRecovery = false
    var state = State.connecting
    /// Marks the sockets that the running broadcast has met.
    var broadcastMark: UInt32 = 0

    /// nil for sockets that did not ask for recovery.
    var recovery: RecoverySession?
    var connection: SocketConnection?
    var memberships: [Membership] = []
    var pendingAcknowledgements: PendingAcknowledgements?
    var drainAction: (@Loop () -> Void)?
    /// Place in the namespace's list.
    var index = 0
    /// Where text frames of a connected socket go as they are: the stream of a WebSocket without compression. nil where
    /// anything else is to be done with them.
    var plainStream: EventLoop.Stream?

    init(id: String, namespace: Namespace, connection: SocketConnection, auth: [UInt8]) {
        self.id = id
        self.namespace = namespace
        self.connection = connection
        self.handshake = connection.handshake
        self.auth = auth
        namespace.tenancy?.enter()
    }

    /// The CONNECT reply is out, and the socket has not ended.
    public var isConnected: Bool { state == .connected }

    /// Bytes accepted for this client's connection and not yet handed to the kernel.
    public var queuedBytes: Int { connection?.session.queuedBytes ?? 0 }

    /// What it came by, or upgraded to.
    public var transport: TransportName { connection?.session.webSocket == nil ? .polling : .websocket }

    /// Calls `action` once: when nothing waits for this client any more (at once-ish, when that is so already). Not
    /// called when the socket ends first. One at a time: a later call replaces the earlier.
    public func whenDrained(_ action: @escaping @Loop () -> Void) {
        guard state != .disconnected, let connection else { return }
        drainAction = action
        connection.watchDrain()
    }

    // MARK: Sending

    /// `json`: raw JSON of the arguments, comma separated. Dropped before the socket is connected and after it ended.
    /// `compress`: false sends it as it is, where others would be compressed.
    public func emit(
        _ event: String, json: [UInt8] = [], attachments: [[UInt8]] = [], volatile: Bool = false, compress: Bool = true
    ) {
        guard state == .connected, let connection else { return }
        if let recovery, emit(event, json, attachments, volatile: volatile, compress: compress, for: recovery) {
            return
        }
        send(event, json, attachments, id: nil, volatile: volatile, compress: compress, over: connection)
    }

    /// A frame that `namespace.encode` made.
    public func send(_ frame: EncodedFrame, volatile: Bool = false, compress: Bool = true) {
        guard state == .connected, let connection else { return }
        if frame.isMistakable, let offset = recovery?.current {
            return sendRepeating(offset, frame, volatile: volatile, compress: compress, over: connection)
        }
        connection.session.send(frame, volatile: volatile, compress: compress)
    }

    /// As `emit`, for news of which only the newest counts: while the client is behind, one event of each `key` waits, and
    /// takes the place of the one before it. Keys are those of the client's connection.
    public func send(_ frame: EncodedFrame, coalescing key: String) {
        guard state == .connected, let connection else { return }
        connection.session.send(frame, coalescing: key)
    }

    /// `send(_:coalescing:)` of an event for this socket alone.
    public func emit(_ event: String, json: [UInt8] = [], coalescing key: String) {
        send(namespace.encode(event, json: json), coalescing: key)
    }

    /// Asks the client for an acknowledgement, which `completion` gets whole, attachments included.
    public func emit(
        _ event: String, json: [UInt8] = [], attachments: [[UInt8]] = [], timeout: Duration,
        completion: @escaping @Loop (Result<ClientAnswer, AcknowledgementError>) -> Void
    ) {
        guard state == .connected, let connection else {
            completion(.failure(.disconnected))
            return
        }
        let pending = pendingAcknowledgements ?? PendingAcknowledgements()
        pendingAcknowledgements = pending
        let id = namespace.nextAcknowledgementID()
        pending.add(id, timeout: timeout, timing: namespace.server.timing, completion: completion)
        send(event, json, attachments, id: id, volatile: false, compress: true, over: connection)
    }

    /// As the callback form.
    public func request(
        _ event: String, json: [UInt8] = [], attachments: [[UInt8]] = [], timeout: Duration
    ) async throws(AcknowledgementError) -> ClientAnswer {
        let result = await withCheckedContinuation { continuation in
            emit(event, json: json, attachments: attachments, timeout: timeout) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func send(
        _ event: String, _ json: [UInt8], _ attachments: [[UInt8]], id: Int?, volatile: Bool, compress: Bool,
        over connection: SocketConnection
    ) {
        let prefix = namespace.wirePrefix
        let length = EventEncoding.eventLength(
            prefix: prefix, event: event, json: json, id: id, attachments: attachments.count)
        connection.session.send(
            length: length, attachments: attachments, volatile: volatile, compress: compress
        ) { output in
            EventEncoding.appendEvent(
                prefix: prefix, event: event, json: json, id: id, attachments: attachments.count, to: &output)
        }
    }

    func acknowledge(_ id: Int, _ json: [UInt8], attachments: [[UInt8]]) {
        json.withUnsafeBytes { acknowledge(id, raw: $0, attachments: attachments) }
    }

    func acknowledge(_ id: Int, raw json: UnsafeRawBufferPointer, attachments: [[UInt8]]) {
        if attachments.isEmpty, namespace.wirePrefix.isEmpty,
            let head = EventEncoding.acknowledgementHead(id: id, jsonCount: json.count),
            let stream = openStream(for: head.count + json.count + 1)
        {
            return stream._withUnsafeGuaranteedRef { $0.write(head, json, tail: UInt8(ascii: "]")) }
        }
        guard state == .connected, let connection else { return }
        let length = EventEncoding.acknowledgementLength(
            prefix: namespace.wirePrefix, id: id, jsonCount: json.count, attachments: attachments.count)
        connection.session.send(length: length, attachments: attachments, volatile: false) { output in
            EventEncoding.appendAcknowledgement(
                prefix: namespace.wirePrefix, id: id, json: json, attachments: attachments.count, to: &output)
        }
    }

    /// The usual case of `send`, counted by the caller. False: nothing was done, and `send` knows what to do.
    @inline(__always)
    func writes(_ frame: [UInt8], within limit: Int) -> Bool {
        // Unmanaged: the loop has a stream to the end of the turn in which it closes.
        guard let stream = plainStream.map(Unmanaged.passUnretained) else { return false }
        return stream._withUnsafeGuaranteedRef { stream in
            guard stream.takesNow(frame.count, within: limit) else { return false }
            stream.write(frame)
            return true
        }
    }

    /// `plainStream`, when it takes a text frame of about `length` bytes at once; the message is counted.
    private func openStream(for length: Int) -> Unmanaged<EventLoop.Stream>? {
        guard let stream = plainStream.map(Unmanaged.passUnretained),
            let server = connection.map(Unmanaged.passUnretained)?._withUnsafeGuaranteedRef({
                Unmanaged.passUnretained($0.session.server)
            })
        else { return nil }
        return server._withUnsafeGuaranteedRef { server in
            guard stream._withUnsafeGuaranteedRef({ $0.takesNow(length, within: server.options.volatileQueueLimit) })
            else { return nil }
            server.statistics.messagesSent += 1
            return stream
        }
    }

    // MARK: Rooms

    /// The rooms joined, without the one that bears the socket's id.
    public var rooms: [String] { memberships.map(\.room.name) }

    /// Whether it has joined the room; its own id counts as none.
    public func isIn(_ room: String) -> Bool { memberships.contains { $0.room.name == room } }

    /// False when the socket has ended or is in as many rooms as the server allows. A node that dies in the next moment, or
    /// while its log cannot be reached, takes it along: what a client is to rely on is to be told it after `joinConfirmed`.
    @discardableResult public func join(_ room: String) -> Bool {
        namespace.join(self, room)
    }

    /// As `join`, returning once broadcasts of every node reach this one for the room, and the socket's session, if it has one,
    /// would be recovered into it. On an error the socket stays
    /// joined for what comes from this node.
    public func joinConfirmed(_ room: String) async throws(AdapterError) {
        guard namespace.join(self, room) else { throw .unavailable }
        try await namespace.server.adapter.confirm(room, in: namespace)
        if let recovery { try await namespace.server.recovery?.confirm(recovery) }
    }

    /// Nothing for a room that it is not in.
    public func leave(_ room: String) {
        namespace.leave(self, room)
    }

    /// A broadcast to everybody but this socket.
    public var broadcast: BroadcastOperator {
        BroadcastOperator(namespace: namespace, target: BroadcastTarget(except: [id]))
    }

    // MARK: End

    /// Ends the socket; clients do not come back by themselves after this. `close` ends every socket of the
    /// connection and the connection.
    public func disconnect(close: Bool = false) {
        guard let connection else { return }
        if close {
            connection.disconnectAll()
        } else {
            connection.disconnect(self)
        }
    }

    func ended(_ reason: DisconnectReason) {
        guard state != .disconnected else { return }
        let wasConnected = state == .connected
        state = .disconnected
        connection = nil
        plainStream = nil
        drainAction = nil
        if wasConnected { namespace.ending(self, reason) }
        if let recovery { namespace.ended(recovery, of: self, wasConnected: wasConnected, reason) }
        namespace.leaveAll(self)
        if wasConnected { namespace.ended(self, reason) }
        let pending = pendingAcknowledgements
        pendingAcknowledgements = nil
        pending?.failAll()
        onDisconnect = nil
        namespace.tenancy?.leave()
    }
}
