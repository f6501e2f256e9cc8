import EventLoop
public import Realtime
import Redis

/// The records of this node's sessions.
extension RedisRecoveryLog {
    public func opened(_ session: RecoverySession) {
        let pid = session.pid
        let confirmed = claimed.removeValue(forKey: pid)
        if confirmed == nil {
            for room in session.rooms.keys { beginsWithWriting(room, session) }
        }
        live[pid] = LiveSession(
            session: session, opened: max(follower.number, session.delivered), confirmed: confirmed ?? 0)
        note(confirmed == nil ? .create : .update, pid)
        // Its client has gone on to another connection meanwhile.
        if wanted[pid] != nil { session.socket?.closeConnection() }
    }

    public func joined(_ room: String, _ session: RecoverySession) {
        beginsWithWriting(room, session)
        noteChange(session)
    }

    /// How far this node has come says nothing about a room that it did not follow.
    private func beginsWithWriting(_ room: String, _ session: RecoverySession) {
        guard adapter?.isSettled(room, session.namespace) != true else { return }
        session.follow(room, since: SessionRecord.fromWriting)
    }

    public func left(_ room: String, _ session: RecoverySession) { noteChange(session) }

    private func noteChange(_ session: RecoverySession) {
        if live[session.pid] != nil { note(.update, session.pid) }
    }

    public func ended(_ session: RecoverySession, isRecoverable: Bool) {
        let pid = session.pid
        let known = live.removeValue(forKey: pid)
        var confirmed = claimed.removeValue(forKey: pid) ?? known?.confirmed ?? 0
        let opened = known?.opened ?? .max
        if let now = history?.confirmed(at: awake.now), now > opened { confirmed = max(confirmed, now) }
        if isRecoverable, !session.isLost {
            forgetLater(pid)
            note(.end, pid, SessionRecord(session, opened: opened, confirmed: confirmed).encoded(head: head))
        } else {
            note(.delete, pid)
        }
        if let asking = wanted.removeValue(forKey: pid) {
            for node in asking { tell(node, released: pid) }
        }
    }

    public func confirm(_ session: RecoverySession) async throws(AdapterError) {
        let isWritten = await withCheckedContinuation { continuation in
            whenWritten(session.pid) { continuation.resume(returning: $0) }
        }
        if !isWritten { throw .unavailable }
    }

    /// Drops this record when its time is over, unless the session is taken up before.
    func forgetLater(_ pid: String) {
        let until = timing.now + settings.maximumDisconnection
        ended[pid] = until
        endedOrder.append((pid, until))
        if endedOrder.count > settings.endedLimit { forgetEnded(max(1, settings.endedLimit / 100)) }
    }

    /// Drops the records of sessions that nobody came back for.
    func forgetEnded() {
        forgetEnded(endedOrder.prefix { $0.until <= timing.now }.count)
    }

    /// The oldest so many.
    private func forgetEnded(_ due: Int) {
        for (pid, until) in endedOrder.prefix(due) where ended[pid] == until {
            ended[pid] = nil
            note(.delete, pid)
        }
        endedOrder.removeFirst(due)
    }

    // MARK: Writing

    func note(_ what: SessionWrites.What, _ pid: String, _ record: [UInt8]? = nil) {
        writes.note(what, pid, record)
        guard !isWriteDue else { return }
        isWriteDue = true
        Loop.atTurnEnd { [weak self] in
            self?.isWriteDue = false
            self?.write()
        }
    }

    func write() {
        guard isOpen else { return }
        let next = writes.next(limit: RecoverySettings.writeLimit) { pid in
            guard let known = live[pid] else { return nil }
            let record = SessionRecord(known.session, opened: known.opened, confirmed: known.confirmed)
            let rooms = record.rooms.filter { $0.value == SessionRecord.fromWriting }.map(\.key)
            if !rooms.isEmpty { beginning.append((known.session, rooms)) }
            return record.encoded(head: head)
        }
        guard let batch = next else { return settleWritten(true) }
        let number = writes.batchNumber
        var arguments: [RedisArgument] = [.integer(number), .text(head)]
        for write in batch { arguments += [.text(write.what.rawValue), .text(write.pid), .bytes(write.record)] }
        Loop.start { [weak self, client, recordsKey, logKey] in
            do throws(RedisError) {
                let reply = try await client.evaluate(
                    Scripts.writeSessions, keys: [recordsKey, logKey], arguments: arguments,
                    timeout: RecoverySettings.timeout)
                self?.wrote(number, reply.elements ?? [])
            } catch {
                self?.writeFailed(number, error)
            }
        }
    }

    private func wrote(_ number: Int64, _ reply: [RedisReply]) {
        guard writes.isSending, writes.batchNumber == number else { return }
        writes.succeeded()
        let last = reply.first?.int.map { UInt64(clamping: $0) } ?? follower.number
        for (session, rooms) in beginning {
            for room in rooms where session.rooms[room] == SessionRecord.fromWriting {
                session.follow(room, since: last)
            }
        }
        beginning = []
        close(reply.dropFirst())
        settleWritten(true)
        write()
    }

    private func writeFailed(_ number: Int64, _ error: RedisError) {
        guard writes.isSending, writes.batchNumber == number else { return }
        writes.failed()
        settleWritten(false)
        if failed(error) { return }
        _ = timing.after(RecoverySettings.retry) { [weak self] in self?.write() }
    }

    /// These sessions are with other nodes now, to which their clients have gone.
    private func close(_ missing: some Sequence<RedisReply>) {
        for pid in missing.compactMap(\.text) {
            guard let socket = live[pid]?.session.socket else { continue }
            statistics.released += 1
            socket.closeConnection()
        }
    }

    /// Which sessions are still with this node? Others may have asked for one in vain while it heard nothing.
    func checkSessions() async throws(RedisError) {
        let pids = live.keys.filter { !writes.isPending($0) }
        for start in stride(from: 0, to: pids.count, by: Self.checkLimit) {
            let some = pids[start..<min(start + Self.checkLimit, pids.count)]
            let reply = try await client.evaluate(
                Scripts.checkSessions, keys: [recordsKey], arguments: some.map { .text($0) },
                timeout: RecoverySettings.timeout)
            close(reply.elements ?? [])
        }
    }

    /// Sessions in one call of the script.
    private static let checkLimit = 1_000

    /// Calls back when what is noted of this session is written, or was not.
    func whenWritten(_ pid: String, _ body: @escaping @Loop (Bool) -> Void) {
        guard writes.isPending(pid) else { return body(true) }
        guard client.isUp else { return body(false) }
        written.append((pid, body))
    }

    private func settleWritten(_ isWritten: Bool) {
        guard !written.isEmpty else { return }
        let waiting = written
        written = []
        for (pid, body) in waiting {
            if isWritten, writes.isPending(pid) { written.append((pid, body)) } else { body(isWritten) }
        }
    }
}
