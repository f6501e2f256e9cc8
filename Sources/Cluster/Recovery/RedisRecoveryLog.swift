public import EventLoop
public import Realtime
public import Redis

/// The recovery log of a cluster, in Redis, and the records of its sessions: what lets a client that loses its connection, its
/// node or both go on on any node, and a node that loses its subscription go on where it was.
///
/// **Wiring.** One log for a server, given to its adapter and to itself; the client and the bus are started and stopped by their
/// owner, the client first and last:
///
///     let client = RedisClient(configuration, timing: timing)
///     let bus = Bus(configuration, client: client, timing: timing)
///     let log = RedisRecoveryLog(client: client, bus: bus, timing: timing)
///     let adapter = RedisAdapter(bus: bus, nodeName: …, socketPrefix: …, timing: timing, log: log) { … }
///     let sockets = SocketServer(options: options, adapter: adapter, recovery: log, timing: timing)
///     log.onWarning = { … }
///     client.start(); bus.start()                                  // the log begins by itself, also after every break
///     await log.opened(within: .seconds(2))                        // so that the first clients get sessions; then listen
///     … await sockets.drain(over: …); await log.stop(); await bus.stop(); await client.stop()
///
/// `SocketServerOptions.recoveryMode` decides which sockets have sessions. `Socket.joinConfirmed` returns when the join is
/// recoverable too. `register(in:)` shows the figures.
///
/// **Publishing.** One script a turn of the loop numbers the turn's broadcasts, keeps each in one of 256 streams and publishes
/// it with its place, `<life>.<number>`. Every node, the sender too, delivers it when it comes back on its subscription,
/// whose order is that of the numbers. Volatile and local broadcasts, and what other servers publish, have no place: at most
/// once, never replayed.
///
/// **The life of the log** has a name that Redis holds beside its `master_replid`: another Redis process, a promoted replica
/// and an empty Redis begin another. Numbers of different lives are not compared.
///
/// **What fails, and what then holds.** A socket with a session gets what it was sent once and in order, or its connection is
/// closed, in the waves of a drain, and a fresh session tells its client:
///
/// - Commands do not reach Redis: broadcasts wait, `RecoverySettings.queueLimit` of them for `queueTime` at most, and are sent
///   again in order; the script passes over a batch that had come. Beyond either bound this node gives the life of the log
///   up: what waits goes to its own sockets alone, every session on every node ends, and until Redis is back new sockets get
///   no `pid`, and broadcasts go out at most once. When it is back those that wanted one are closed too, and get it.
/// - This node dies: what still waited is gone, and `confirmPublished` had not returned.
/// - The subscription breaks: what comes after it is held until the log has been read from the last number on, and that
///   delivered.
/// - The log lives another life, or what is missing has been dropped from it: the sessions of this node end.
/// - A client comes with a session: its record is moved here from wherever it was, after that node has closed the
///   connection, or at once when it does not follow its own channel, or after `RecoverySettings.releaseTimeout`. A record
///   is with one node alone; a node that finds one gone, by a message, a refused write or a look after a break, closes the
///   connection. Another life, no record, one too old, or a log that does not reach back so far: a fresh session.
/// - Redis may evict keys, that is, its `maxmemory-policy` is not `noeviction`: one warning, no session is promised, nothing is
///   logged and broadcasts go out at most once. Looked at on every connection and every few seconds; where keys have been
///   evicted in between, the life of the log is given up.
@Loop
public final class RedisRecoveryLog: RecoveryLog {
    /// Something an operator should know.
    public var onWarning: @Loop (String) -> Void = { _ in }
    public internal(set) var statistics = RecoveryStatistics()

    typealias Entry = (packet: BroadcastPacket, namespace: Namespace)

    let settings: RecoverySettings
    let client: RedisClient
    let bus: Bus
    let timing: any Timing
    /// This process, for the records of its sessions.
    let owner = String(UInt64.random(in: .min ... .max), radix: 36)
    /// Which channel a packet goes to, and how broadcasts are written.
    weak var adapter: RedisAdapter?
    private(set) weak var server: SocketServer?

    var follower = LogFollower<Entry>(heldLimit: RecoverySettings.heldLimit)
    var queue: PublishQueue<LoggedMessage>
    /// What comes back is delivered as it was given.
    var sent = SentBroadcasts(limit: RecoverySettings.batchLimit * 2)
    /// Who waits for what was published up to a number of messages.
    var unpublished: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var isFlushDue = false
    /// A message waits for its room's subscription.
    var isAwaiting = false
    /// The channel that could not be subscribed.
    var unfollowed: String?

    var live: [String: LiveSession] = [:]
    /// Taken from elsewhere and not yet open; with what was known to be confirmed.
    var claimed: [String: UInt64] = [:]
    /// Other nodes, and other connections to this one, that wait for a session.
    var wanted: [String: [String]] = [:]
    var ended: [String: LoopTime] = [:]
    var endedOrder: [(pid: String, until: LoopTime)] = []
    var writes = SessionWrites()
    var isWriteDue = false
    /// Rooms in the batch on its way that begin with its being written.
    var beginning: [(session: RecoverySession, rooms: [String])] = []
    /// Stands for the log's last number in what is written: 16 letters that nobody else knows.
    let head = RedisRecoveryLog.randomPlaceholder()
    /// Times that Redis has told how far the log has come.
    var marks: UInt32 = 0
    var written: [(pid: String, body: @Loop (Bool) -> Void)] = []
    /// Of this node's claims: who waits for another to let go of a session.
    var releases: [String: [CheckedContinuation<Void, Never>]] = [:]
    var history: PositionHistory?
    private(set) var awake: AwakeTime
    /// The last confirmation that was told to Redis.
    var told: UInt64 = 0

    /// The log's life was found on the present connection.
    private(set) var isOpen = false
    private(set) var isOpening = false
    /// Redis would evict what must stay.
    var isRefused = false
    /// How many keys which Redis had evicted when it was looked at last.
    var evicted: (process: String, keys: UInt64)?
    var isChecking = false
    private var beats = 0
    /// The life of the log that this node no longer stands for.
    private var abandoned = ""
    /// Since when Redis takes no commands.
    private var downSince: LoopTime?
    private var ownChannel: BusSubscription?
    private var beatTimer: ScheduledTimer?
    private var nextTrimmed = 0
    private var isStopped = false
    private var beginners: [CheckedContinuation<Void, Never>] = []

    struct LiveSession {
        let session: RecoverySession
        let opened: UInt64
        let confirmed: UInt64
    }

    /// - Parameters:
    ///   - client: for scripts; started and stopped by its owner.
    ///   - bus: whose subscriptions bring what is published.
    public init(
        _ settings: RecoverySettings = RecoverySettings(), client: RedisClient, bus: Bus, timing: any Timing
    ) {
        self.settings = settings
        self.client = client
        self.bus = bus
        self.timing = timing
        awake = AwakeTime(timing.now)
        queue = PublishQueue(limit: settings.queueLimit, byteLimit: settings.queueBytes)
        client.observe { [weak self] in self?.clientChanged(isUp: $0) }
        bus.observe { [weak self] in self?.subscriptionChanged(isUp: $0) }
        ownChannel = bus.subscribe(Self.channelPrefix + owner) { [weak self] in self?.receivedFromNode($0) }
        if bus.isSubscribed { follower.restored() }
        downSince = client.isUp ? nil : timing.now
        if client.isUp { open() }
        scheduleBeat()
    }

    public func attach(to server: SocketServer) {
        self.server = server
        history = PositionHistory(lag: server.confirmationLag)
    }

    public var position: RecoveryOffset? {
        guard !isRefused, let epoch = follower.epoch else { return nil }
        if let downSince, timing.now - downSince > RecoverySettings.promiseTime { return nil }
        return RecoveryOffset(epoch: epoch, number: follower.number)
    }

    /// Writes what waits to be written, for `RecoverySettings.timeout` at most, so that the sessions of a node that leaves
    /// can be taken up elsewhere. The second time: nothing.
    public func stop() async {
        guard !isStopped else { return }
        let last = timing.now + RecoverySettings.timeout
        while isOpen, !writes.isEmpty || queue.count > 0, timing.now < last {
            flush()
            write()
            try? await timing.sleep(for: Self.stopPause)
        }
        isStopped = true
        beatTimer?.cancel()
        ownChannel?.cancel()
    }

    private static let stopPause: Duration = .milliseconds(10)

    // MARK: Keys

    /// Of the nodes' own channels, without the bus's prefix.
    static let channelPrefix = "recovery:"
    var logKey: RedisArgument { .text(settings.prefix + "log") }
    var nodesKey: RedisArgument { .text(settings.prefix + "nodes") }
    var recordsPrefix: String { settings.prefix + "node:" }
    var recordsKey: RedisArgument { .text(recordsPrefix + owner) }
    var streamPrefix: String { settings.prefix + "stream:" }
    func streamKey(_ stream: Int) -> RedisArgument { .text(streamPrefix + "\(stream)") }

    /// Long enough for whoever was connected at the latest possible moment, and to find the connection dead.
    var retention: Duration { settings.maximumDisconnection + (server?.confirmationLag ?? .zero) }

    // MARK: Which life of the log this is

    private func clientChanged(isUp: Bool) {
        isOpen = false
        downSince = isUp ? nil : timing.now
        if isUp { open() }
    }

    /// First on each connection, before anything is published on it.
    func open() {
        isOpen = false
        guard !isOpening, !isStopped else { return }
        isOpening = true
        Loop.start { [weak self] in
            let isDone = await self?.opening() ?? true
            guard let self else { return }
            isOpening = false
            if isDone { return }
            // Without a connection the next one opens it; anything else may pass.
            _ = timing.after(RecoverySettings.retry) { [weak self] in
                guard let self, client.isUp, !isOpen else { return }
                open()
            }
        }
    }

    private func opening() async -> Bool {
        do throws(RedisError) {
            guard check(try await readEviction()) else { return true }
            guard let process = client.identity?.replicationID else { return false }
            let reply = try await client.evaluate(
                Scripts.openRecoveryLog, keys: [logKey, nodesKey, recordsKey],
                arguments: [
                    .text(process), .text(Self.randomLife()), .text(abandoned), .text(owner),
                    .integer(retention.milliseconds),
                ], timeout: RecoverySettings.timeout)
            guard let parts = reply.elements, parts.count == 4, let life = parts[0].text,
                let start = parts[1].int, let head = parts[2].int
            else { return false }
            guard client.isUp else { return true }
            opened(life, start: UInt64(start), head: UInt64(head), hasRecords: parts[3].int == 1)
            return true
        } catch {
            return false
        }
    }

    /// Eight characters: it stands in every message and every offset.
    private static func randomLife() -> String {
        let text = String(UInt64.random(in: .min ... .max), radix: 36)
        return String(text.suffix(8))
    }

    /// Letters alone: it is a pattern of Lua's too.
    private static func randomPlaceholder() -> String {
        String((0..<16).map { _ in Character(UnicodeScalar(UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")))) })
    }

    private func opened(_ life: String, start: UInt64, head: UInt64, hasRecords: Bool) {
        isOpen = true
        if life != abandoned { abandoned = "" }
        let isAnother = follower.opened(life, start: start, head: head)
        if isAnother { statistics.lives += 1 }
        if isAnother || !hasRecords {
            // Whether the batch came before the end of that life nobody knows: its sockets are about to be told.
            queue.dropUncertain()
            settlePublished(false)
            writes.forgetAll()
            beginning = []
            if isAnother || !live.isEmpty { lose() }
            for pid in live.keys { writes.note(.delete, pid) }
        }
        server?.forceSessions()
        catchUp()
        flush()
        write()
        resumeBeginners()
    }

    func resumeBeginners() {
        let waiting = beginners
        beginners = []
        for beginner in waiting { beginner.resume() }
    }

    /// Returns when sessions can be promised, or after `duration`: before a node listens, so that its first clients get one.
    public func opened(within duration: Duration) async {
        guard position == nil, !isRefused else { return }
        let timer = timing.after(duration) { [weak self] in self?.resumeBeginners() }
        await withCheckedContinuation { beginners.append($0) }
        timer.cancel()
    }

    /// The sockets here cannot be sure of what they got.
    func lose() {
        statistics.losses += 1
        server?.forceRecoveryOfAll()
    }

    /// A broadcast is lost that sessions everywhere were promised.
    func giveUp() {
        if let life = follower.epoch { abandoned = life }
        follower.gaveUp()
        let unsent = queue.giveUp()
        settlePublished(false)
        statistics.givenUp += UInt64(unsent.count)
        lose()
        for message in unsent { message.namespace.deliver(message.packet) }
        if isOpen, !isRefused { open() }
    }

    // MARK: Once a second

    private func scheduleBeat() {
        beatTimer = timing.after(AwakeTime.interval) { [weak self] in
            guard let self else { return }
            beat()
            scheduleBeat()
        }
    }

    private func beat() {
        awake.beat(at: timing.now)
        history?.note(follower.number, at: awake.now)
        forgetEnded()
        if let oldest = queue.oldest, timing.now - oldest > settings.queueTime { giveUp() }
        beats += 1
        if beats % RecoverySettings.policyBeats == 0 { checkAgain() }
        guard isOpen, let epoch = follower.epoch else { return }
        // A session whose end is not yet written must not be taken for one whose client answered until now.
        if writes.isEmpty { told = max(told, history?.confirmed(at: awake.now) ?? 0) }
        let streams = (0..<RecoverySettings.trimmedStreams).map {
            streamKey((nextTrimmed + $0) % RecoverySettings.streams)
        }
        nextTrimmed = (nextTrimmed + RecoverySettings.trimmedStreams) % RecoverySettings.streams
        let arguments: [RedisArgument] = [
            .text(epoch), .text(owner), .integer(Int64(clamping: told)), .integer(retention.milliseconds),
            .integer(retention.milliseconds * 1_000), .text(Bus.prefix + Self.channelPrefix + owner),
        ]
        Loop.start { [weak self, client, logKey, nodesKey, recordsKey] in
            do throws(RedisError) {
                _ = try await client.evaluate(
                    Scripts.beatRecoveryLog, keys: [logKey, nodesKey, recordsKey] + streams, arguments: arguments,
                    timeout: RecoverySettings.timeout)
            } catch {
                self?.failed(error)
            }
        }
    }

    /// True where it was for the log's being another, which is looked into.
    @discardableResult func failed(_ error: RedisError) -> Bool {
        guard case .server("EPOCH", _) = error else {
            guard case .server("GONE", _) = error else { return false }
            open()
            return true
        }
        open()
        return true
    }
}

extension Duration {
    var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
