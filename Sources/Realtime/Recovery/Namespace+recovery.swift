extension Namespace {
    /// Logged where that is possible and wanted, else at most once.
    func publish(_ packet: BroadcastPacket) {
        if !packet.flags.contains(.volatile), let log = server.recovery, log.publish(packet, in: self) { return }
        server.adapter.broadcast(packet, in: self)
    }

    func encode(_ packet: BroadcastPacket, showing offset: RecoveryOffset) -> EncodedFrame {
        EncodedFrame(
            prefix: wirePrefix, event: packet.event, json: packet.json, attachments: packet.attachments,
            offset: offset)
    }

    // MARK: Sessions

    /// Enters a socket that takes up `session` into the tables, so that what is broadcast from now on is held for it.
    /// False when a room's limit forbids it.
    func restore(_ socket: Socket, _ session: RecoverySession) -> Bool {
        connected(socket)
        if isForeign(socket) { server.adapter.roomOpened(socket.id, in: self) }
        for room in session.rooms.keys where !join(socket, room) { return false }
        return true
    }

    /// Broadcasts to a socket's own room reach the node whose six characters its id begins with; a socket that has moved
    /// is followed by name.
    private func isForeign(_ socket: Socket) -> Bool { !socket.id.hasPrefix(server.socketPrefix) }

    /// Broadcasts of every node to this socket reach this one from now on.
    func confirm(_ socket: Socket) async throws(AdapterError) {
        if isForeign(socket) { try await server.adapter.confirm(socket.id, in: self) }
        for membership in socket.memberships {
            try await server.adapter.confirm(membership.room.name, in: self)
        }
    }

    func joined(_ room: String, _ session: RecoverySession) {
        guard session.rooms[room] == nil, let log = server.recovery else { return }
        session.rooms[room] = max(log.position?.number ?? 0, session.start)
        if session.held == nil { log.joined(room, session) }
    }

    func left(_ room: String, _ session: RecoverySession) {
        let position = server.recovery?.position?.number ?? session.delivered
        guard session.leave(room, at: max(position, session.delivered)), session.held == nil else { return }
        server.recovery?.left(room, session)
    }

    func ended(
        _ session: RecoverySession, of socket: Socket, wasConnected: Bool, _ reason: DisconnectReason
    ) {
        if !wasConnected { forget(socket) }
        if isForeign(socket) { server.adapter.roomClosed(socket.id, in: self) }
        // Refused or gone before it was whole: the next attempt may be luckier.
        server.recovery?.ended(session, isRecoverable: !wasConnected || reason.isRecoverable)
        session.socket = nil
    }
}

extension DisconnectReason {
    /// Whether the client may want to go on: neither side meant to end the session.
    var isRecoverable: Bool {
        switch self {
        case .transportError, .transportClose, .forcedClose, .pingTimeout, .serverShuttingDown, .slowConsumer: true
        case .parseError, .forcedServerClose, .clientNamespaceDisconnect, .serverNamespaceDisconnect, .connectTimeout,
            .flood, .attachmentsTooLarge:
            false
        }
    }
}
