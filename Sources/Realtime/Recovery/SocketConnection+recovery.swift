import EventLoop

/// CONNECT with the `pid` of an earlier session. In this order, so that nothing is lost or doubled between the log and
/// what comes live: take the session from whoever has it; enter its rooms, from when on what is broadcast is held; have
/// the subscriptions confirmed; read the log; ask the middlewares, which see the socket as it will be; send what was
/// missed, what was held, and the CONNECT reply. Where any of it fails, the client gets an ordinary fresh session.
extension SocketConnection {
    func recover(
        _ pid: String, _ wish: RecoveryWish, from log: any RecoveryLog, _ namespace: Namespace, _ auth: [UInt8]
    ) {
        joining.append(namespace.name)
        namespace.tenancy?.enter()
        Loop.start {
            defer { namespace.tenancy?.leave() }
            var found: Socket?
            var refusal = RecoveryRefusal.unsure
            do throws(RecoveryRefusal) {
                if wish.isMalformed { throw .malformedOffset }
                let session = try await log.claim(
                    pid, offset: wish.offset, in: namespace, while: { self.session.isOpen })
                found = try await self.restore(session, from: log, namespace, auth)
            } catch {
                refusal = error
            }
            self.joining.removeAll { $0 == namespace.name }
            guard self.session.isOpen else {
                found?.ended(.transportClose)
                return
            }
            if let found {
                self.begin(found)
            } else {
                self.server.counters.unrecovered[refusal, default: 0] += 1
                let socket = self.makeSocket(namespace, auth, wantsRecovery: true)
                socket.recoveryRefusal = refusal
                self.begin(socket)
            }
        }
    }

    /// The socket of a claimed session, with everything that its client missed held for it. nil where the client has left.
    private func restore(
        _ session: RecoverySession, from log: any RecoveryLog, _ namespace: Namespace, _ auth: [UInt8]
    ) async throws(RecoveryRefusal) -> Socket? {
        guard self.session.isOpen else {
            log.ended(session, isRecoverable: true)
            return nil
        }
        guard namespace.socket(session.socketID) == nil else {
            log.ended(session, isRecoverable: false)
            throw .unsure
        }
        let socket = Socket(id: session.socketID, namespace: namespace, connection: self, auth: auth)
        socket.recovery = session
        socket.isRecovered = true
        session.socket = socket
        session.held = HeldFrames(maximumBytes: server.options.maximumHeldBytes)
        do throws(RecoveryRefusal) {
            try await fill(session, socket, from: log, namespace)
            return socket.state == .connecting ? socket : nil
        } catch {
            guard socket.state == .connecting else { return nil }
            if !self.session.isOpen { return socket }
            // Nothing of it may be taken up again: the client is about to be told so.
            session.isLost = true
            socket.ended(.transportClose)
            throw error
        }
    }

    private func fill(
        _ session: RecoverySession, _ socket: Socket, from log: any RecoveryLog, _ namespace: Namespace
    ) async throws(RecoveryRefusal) {
        guard namespace.restore(socket, session) else { throw .tooMuch }
        guard await confirm(socket, namespace), self.session.isOpen else { throw .unavailable }
        let missed = try await log.missed(by: session)
        let live = session.held
        let last = missed.last.map { max($0.number, session.delivered) } ?? session.delivered
        session.held = HeldFrames(maximumBytes: server.options.maximumHeldBytes)
        for logged in missed where logged.number > session.delivered && session.concerns(logged) {
            let offset = RecoveryOffset(epoch: session.epoch, number: logged.number)
            session.held?.append(
                namespace.encode(logged.packet, showing: offset), logged.number,
                compresses: !logged.packet.flags.contains(.uncompressed))
            server.counters.replayed += 1
        }
        for later in live?.after(last) ?? [] {
            session.held?.append(later.frame, later.number, compresses: later.compresses)
        }
        session.delivered = last
        if session.isLost { throw .unsure }
        guard live?.isOverflowing == false, session.held?.isOverflowing == false else { throw .tooMuch }
    }

    /// Waits for the subscriptions of a restored socket. A link to other nodes that is down may be up again soon.
    private func confirm(_ socket: Socket, _ namespace: Namespace) async -> Bool {
        let latest = server.timing.now + Self.confirmationPatience
        while session.isOpen {
            do throws(AdapterError) {
                try await namespace.confirm(socket)
                return true
            } catch {
                guard server.timing.now < latest else { return false }
            }
            do { try await server.timing.sleep(for: Self.confirmationRetry) } catch { return false }
        }
        return false
    }

    /// A client waits with its CONNECT rather than lose what it missed, but not for ever: as long as for its session's record.
    /// Who has to wait for both, and for longer than clients may take to connect, comes again.
    private static let confirmationPatience: Duration = .seconds(20)
    private static let confirmationRetry: Duration = .milliseconds(100)

    /// Sends what is held, no more at a time than the connection takes, and then connects the socket.
    func sendMissed(_ socket: Socket) {
        guard socket.state == .connecting, let recovery = socket.recovery else { return }
        guard recovery.held?.isOverflowing == false, !recovery.isLost else {
            // The client comes back, and with an offset that is further on, or to a fresh session.
            return session.close(.forcedClose)
        }
        while let next = recovery.held?.first {
            guard session.hasRoom else {
                socket.drainAction = { [weak self] in self?.sendMissed(socket) }
                return watchDrain()
            }
            recovery.held?.removeFirst()
            if let number = next.number {
                recovery.delivered = max(recovery.delivered, number)
            } else if next.frame.isMistakable {
                // All before it has been sent, and nothing behind it: not what this node has come to.
                let offset = RecoveryOffset(epoch: recovery.epoch, number: recovery.delivered)
                socket.sendRepeating(
                    offset, next.frame, volatile: false, compress: next.compresses, over: self)
                continue
            }
            session.send(next.frame, volatile: false, compress: next.compresses)
        }
        recovery.held = nil
        server.counters.recovered += 1
        complete(socket)
    }
}
