import EventLoop
public import Realtime
import Redis

/// Clients that come with a session, here and elsewhere.
extension RedisRecoveryLog {
    /// A record as it was found, with what the log was then.
    private struct Found {
        let record: SessionRecord
        let now: Int64
        /// nil: nobody had said that its connection ended.
        let endedAt: Int64?
        let confirmed: UInt64
        let head: UInt64
        let floor: UInt64
    }

    private enum Answer {
        case refused(RecoveryRefusal)
        case live(node: String)
        case busy
        case taken(Found)
    }

    public func claim(
        _ pid: String, offset: RecoveryOffset?, in namespace: Namespace, while isWanted: @escaping @Loop () -> Bool
    ) async throws(RecoveryRefusal) -> RecoverySession {
        // The old connection has not been found dead yet.
        live[pid]?.session.socket?.closeConnection()
        // Nor has another that is about to take the session up.
        if claimed[pid] != nil, wanted[pid] == nil { wanted[pid] = [] }
        let patience = timing.now + RecoverySettings.claimPatience
        var asked = ""
        var isUncertain = false
        // A claim that is carried out when nobody waits for its answer leaves the record here.
        defer { if isUncertain, claimed[pid] == nil, live[pid] == nil { forgetLater(pid) } }
        while !isRefused, isWanted() {
            if isOpen, follower.epoch != nil, await isWritten(pid) {
                var answer: Answer?
                do throws(RedisError) {
                    answer = try await take(pid, from: asked)
                } catch {
                    isUncertain = true
                    failed(error)
                }
                switch answer {
                case .refused(let refusal): throw unclaimed(refusal)
                case .live(let node):
                    asked = node
                    await released(pid)
                    continue
                case .busy:
                    // An earlier claim was carried out when nobody here waited for its answer any more.
                    if claimed[pid] == nil, live[pid] == nil { asked = owner }
                case .taken(let found):
                    // Another connection to this node was faster.
                    guard claimed[pid] == nil, live[pid] == nil else { break }
                    return try session(pid, found, offset, namespace)
                case nil: break
                }
            }
            guard timing.now < patience else { break }
            do { try await timing.sleep(for: RecoverySettings.claimRetry) } catch { break }
        }
        throw unclaimed(isRefused ? .off : .unavailable)
    }

    private func unclaimed(_ refusal: RecoveryRefusal) -> RecoveryRefusal {
        statistics.unclaimed += 1
        return refusal
    }

    private func isWritten(_ pid: String) async -> Bool {
        await withCheckedContinuation { continuation in
            whenWritten(pid) { continuation.resume(returning: $0) }
        }
    }

    /// `asked`: the node that has been told to let go of the session.
    private func take(_ pid: String, from asked: String) async throws(RedisError) -> Answer {
        let reply = try await client.evaluate(
            Scripts.claimSession, keys: [logKey, nodesKey, recordsKey],
            arguments: [
                .text(follower.epoch ?? ""), .text(pid), .text(owner), .text(recordsPrefix),
                .text(Bus.prefix + Self.channelPrefix), .text(asked),
            ], timeout: RecoverySettings.timeout)
        guard let parts = reply.elements, let word = parts.first?.text else {
            throw .protocolViolation("the answer to a claim")
        }
        switch word {
        case "none": return .refused(.unknown)
        case "live" where parts.count == 2: return .live(node: parts[1].text ?? "")
        case "busy": return .busy
        default: break
        }
        ended[pid] = nil
        guard parts.count == 7, let now = parts[1].int, let confirmed = parts[3].int, let head = parts[4].int,
            let floor = parts[5].int, let body = parts[6].bytes, let record = SessionRecord(body)
        else {
            note(.delete, pid)
            return .refused(.unknown)
        }
        return .taken(
            Found(
                record: record, now: now, endedAt: parts[2].int, confirmed: UInt64(clamping: confirmed),
                head: UInt64(clamping: head), floor: UInt64(clamping: floor)))
    }

    /// The session of a record, if it can be whole.
    private func session(
        _ pid: String, _ found: Found, _ offset: RecoveryOffset?, _ namespace: Namespace
    ) throws(RecoveryRefusal) -> RecoverySession {
        let record = found.record
        var confirmed = record.confirmed
        // Of a node that died the last that it said of all its clients, if this one was connected then.
        if found.endedAt == nil, found.confirmed > record.opened { confirmed = max(confirmed, found.confirmed) }
        let delivered = max(offset?.number ?? record.start, confirmed)
        let age = found.endedAt.map { found.now - $0 } ?? 0
        var refusal: RecoveryRefusal?
        if record.namespace != namespace.name { refusal = .unknown }
        if age > settings.maximumDisconnection.milliseconds { refusal = .expired }
        if delivered < max(found.floor, record.past.floor) { refusal = .trimmed }
        if offset.map({ $0.epoch != record.epoch || $0.number > found.head }) ?? false { refusal = .anotherLife }
        if record.epoch != follower.epoch { refusal = .anotherLife }
        if let refusal {
            note(.delete, pid)
            throw unclaimed(refusal)
        }
        statistics.claims += 1
        if found.endedAt == nil { statistics.forcedClaims += 1 }
        claimed[pid] = confirmed
        return RecoverySession(
            pid: pid, socketID: record.socketID, namespace: record.namespace, epoch: record.epoch,
            start: record.start, rooms: record.rooms, past: record.past, delivered: delivered)
    }

    public func missed(by session: RecoverySession) async throws(RecoveryRefusal) -> [LoggedPacket] {
        guard let adapter else { throw .off }
        let channels = adapter.channels(of: session)
        let patience = timing.now + RecoverySettings.readPatience
        while true {
            var isTooMuch = false
            do throws(RedisError) {
                // Whoever is in no room gets what goes to the whole namespace.
                if await adapter.isFollowed(session.namespace) {
                    if let missed = try await entries(past: session, channels, adapter) { return missed }
                    isTooMuch = true
                }
            } catch {
                failed(error)
                // Anything else may pass.
                if case .server("EPOCH", _) = error { throw .anotherLife }
                if case .server("TRIMMED", _) = error { throw .trimmed }
            }
            if isTooMuch { throw .tooMuch }
            guard timing.now < patience, session.isConnected else { throw .unavailable }
            do { try await timing.sleep(for: RecoverySettings.claimRetry) } catch { throw .unavailable }
        }
    }

    /// nil where they are too many.
    private func entries(
        past session: RecoverySession, _ channels: [String], _ adapter: RedisAdapter
    ) async throws(RedisError) -> [LoggedPacket]? {
        var missed: [LoggedPacket] = []
        let last = try await read(
            session.epoch, past: session.delivered,
            streams: Set(channels.map(LoggedMessage.stream)).sorted(), channels: channels
        ) { number, channel, message in
            guard let entry = adapter.decode(channel, message, onlyForMembers: false) else { return true }
            missed.append(LoggedPacket(number: number, packet: entry.packet))
            return missed.count <= RecoverySettings.missedLimit
        }
        return last == nil ? nil : missed.sorted { $0.number < $1.number }
    }

    // MARK: Between nodes

    /// Returns when another node has let go of a session, or after `RecoverySettings.releaseTimeout`.
    private func released(_ pid: String) async {
        let timer = timing.after(RecoverySettings.releaseTimeout) { [weak self] in self?.resume(pid) }
        await withCheckedContinuation { releases[pid, default: []].append($0) }
        timer.cancel()
    }

    private func resume(_ pid: String) {
        for waiting in releases.removeValue(forKey: pid) ?? [] { waiting.resume() }
    }

    /// `M offset`: so far the log has come. `R pid node`: that node's client wants this session. `D pid`: it is free.
    func receivedFromNode(_ message: [UInt8]) {
        let words = String(decoding: message, as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count >= 2 else { return }
        switch words[0] {
        case "M":
            marks += 1
            if let offset = RecoveryOffset(words[1]) { received(nil, at: offset) }
        case "R" where words.count == 3: release(words[1], to: words[2])
        case "D": resume(words[1])
        default: break
        }
    }

    private func release(_ pid: String, to node: String) {
        guard live[pid] != nil || claimed[pid] != nil else { return tell(node, released: pid) }
        statistics.released += 1
        wanted[pid, default: []].append(node)
        live[pid]?.session.socket?.closeConnection()
    }

    /// Once its record says so.
    func tell(_ node: String, released pid: String) {
        whenWritten(pid) { [bus] _ in
            bus.publish([Self.channelPrefix + node], Array("D \(pid)".utf8))
        }
    }
}
