public import EventLoop

/// The log and the sessions of one node alone, in its memory: they end with the process. Not for a server whose adapter reaches
/// other nodes: what this log takes stays here.
@Loop public final class LocalRecoveryLog: RecoveryLog {
    private struct Entry {
        let namespace: String
        let logged: LoggedPacket
        let size: Int
    }

    private struct Ended {
        let session: RecoverySession
        let until: LoopTime
        /// What its client surely had when it ended.
        let confirmed: UInt64
    }

    private let limits: RecoveryLimits
    private let timing: any Timing
    private let epoch = Identifier.random(8)
    private var lastNumber: UInt64 = 0
    /// Everything up to here may have been dropped.
    private var floor: UInt64 = 0
    /// In order of number; the first `dropped` are gone.
    private var entries: [Entry] = []
    private var dropped = 0
    private var bytes = 0
    /// With the number at which the connection began: only what is confirmed beyond it is so by its client.
    private var live: [String: (session: RecoverySession, opened: UInt64)] = [:]
    private var ended: [String: Ended] = [:]
    /// In order of their ending, with those that were taken up since.
    private var order: [(pid: String, until: LoopTime)] = []
    private var expiry: ScheduledTimer?
    private var history: PositionHistory?
    private var awake: AwakeTime
    /// Runs while there are live sessions.
    private var beatTimer: ScheduledTimer?

    public init(limits: RecoveryLimits = RecoveryLimits(), timing: any Timing = SystemTiming.shared) {
        self.limits = limits
        self.timing = timing
        awake = AwakeTime(timing.now)
    }

    public func attach(to server: SocketServer) {
        history = PositionHistory(lag: server.confirmationLag)
    }

    public var position: RecoveryOffset? { RecoveryOffset(epoch: epoch, number: lastNumber) }

    public func publish(_ packet: BroadcastPacket, in namespace: Namespace) -> Bool {
        lastNumber += 1
        let size = packet.json.count + packet.attachments.reduce(Self.entryOverhead) { $0 + $1.count }
        entries.append(
            Entry(namespace: namespace.name, logged: LoggedPacket(number: lastNumber, packet: packet), size: size))
        bytes += size
        trim()
        namespace.deliver(packet, at: RecoveryOffset(epoch: epoch, number: lastNumber))
        return true
    }

    /// About what an entry costs beside its payload.
    private static let entryOverhead = 200

    private func trim() {
        while entries.count - dropped > limits.maximumPackets || bytes > limits.maximumBytes {
            bytes -= entries[dropped].size
            floor = entries[dropped].logged.number
            dropped += 1
        }
        // Moving the rest down once in so many times costs less than a packet's encoding.
        if dropped > entries.count / 2, dropped > 64 {
            entries.removeFirst(dropped)
            dropped = 0
        }
    }

    public func opened(_ session: RecoverySession) {
        live[session.pid] = (session, lastNumber)
        if beatTimer == nil { armBeat() }
    }

    private func armBeat() {
        beatTimer = timing.after(AwakeTime.interval) { [weak self] in
            guard let self else { return }
            awake.beat(at: timing.now)
            history?.note(lastNumber, at: awake.now)
            beatTimer = nil
            if !live.isEmpty { armBeat() }
        }
    }

    public func joined(_ room: String, _ session: RecoverySession) {}

    public func left(_ room: String, _ session: RecoverySession) {}

    public func ended(_ session: RecoverySession, isRecoverable: Bool) {
        let opened = live.removeValue(forKey: session.pid)?.opened ?? .max
        guard isRecoverable, !session.isLost, limits.maximumSessions > 0 else { return }
        if ended.count >= limits.maximumSessions { forgetOldest() }
        let until = timing.now + limits.maximumDisconnection
        let confirmed = history?.confirmed(at: awake.now) ?? 0
        ended[session.pid] = Ended(
            session: session, until: until, confirmed: confirmed > opened ? confirmed : 0)
        order.append((session.pid, until))
        if expiry == nil { armExpiry() }
    }

    private func forgetOldest() {
        while !order.isEmpty {
            let oldest = order.removeFirst()
            if ended[oldest.pid]?.until == oldest.until {
                ended[oldest.pid] = nil
                return
            }
        }
    }

    /// Sweeps a few times within the time that a session is kept, so that sessions cost no timer each.
    private func armExpiry() {
        expiry = timing.after(limits.maximumDisconnection / 8) { [weak self] in
            guard let self else { return }
            let now = timing.now
            let due = order.prefix { $0.until <= now }.count
            for entry in order.prefix(due) where ended[entry.pid]?.until == entry.until { ended[entry.pid] = nil }
            order.removeFirst(due)
            expiry = nil
            if !order.isEmpty { armExpiry() }
        }
    }

    public func claim(
        _ pid: String, offset: RecoveryOffset?, in namespace: Namespace, while isWanted: @escaping @Loop () -> Bool
    ) async throws(RecoveryRefusal) -> RecoverySession {
        if let session = live[pid]?.session, session.namespace == namespace.name {
            // The old connection has not been found dead yet; its end puts the session among the ended.
            session.socket?.closeConnection()
        }
        guard let found = ended[pid], found.session.namespace == namespace.name else { throw .unknown }
        guard offset.map({ $0.epoch == epoch && $0.number <= lastNumber }) ?? true else { throw .anotherLife }
        ended[pid] = nil
        guard found.until > timing.now else { throw .expired }
        let session = found.session
        return RecoverySession(
            pid: pid, socketID: session.socketID, namespace: session.namespace, epoch: epoch, start: session.start,
            rooms: session.rooms, past: session.past, delivered: max(offset?.number ?? session.start, found.confirmed))
    }

    public func missed(by session: RecoverySession) async throws(RecoveryRefusal) -> [LoggedPacket] {
        guard session.delivered >= max(floor, session.past.floor) else { throw .trimmed }
        var low = dropped
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].logged.number > session.delivered { high = middle } else { low = middle + 1 }
        }
        return entries[low...].filter { $0.namespace == session.namespace }.map(\.logged)
    }
}
