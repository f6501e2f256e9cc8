public import EventLoop

/// A few pipelined connections to one server, shared by everything on the loop.
///
/// A statement goes to the connection with the fewest in flight, at once, and is answered when its own transaction is
/// committed. It fails rather than waits: at its deadline; within `unavailableGrace` while no connection is up; at
/// once when the queue is full. What failed with `.unavailable`, `.overloaded` or `.sql` has changed nothing.
/// Cancelling the calling task does not recall a statement; its deadline does.
@Loop
public final class PostgresPool {
    /// The deadline of a statement unless its caller names one. Nobody is to wait over 5 s for an answer, and the proxy
    /// gives a node 4.5 s.
    nonisolated public static let defaultTimeout: Duration = .seconds(4)
    /// How long statements wait for a first connection, so that a connection lost and made again is not noticed.
    nonisolated public static let unavailableGrace: Duration = .seconds(1)
    /// How long a cancelled statement may go on before its connection is given up.
    static let cancelGrace: Duration = .seconds(2)
    /// How long a statement whose caller has gone may run before it is cancelled, when its turn came only then.
    static let expiredRunGrace: Duration = .milliseconds(250)
    /// How long `stop` waits for what is in flight.
    static let stopGrace: Duration = .seconds(3)

    /// The settings.
    public let configuration: PostgresConfiguration
    /// Called when the first connection comes up and when the last is gone.
    public var onStateChange: ((_ isUp: Bool) -> Void)?

    /// Why the last connection was lost or could not be made; for logs and health reports.
    public private(set) var lastConnectionFailure: PostgresError?

    let timing: any Timing
    var slots: [ConnectionSlot] = []
    var leaseWaiters = Ring<LeaseWaiter>()
    lazy var canceller = Canceller(configuration, timing: timing)
    lazy var listener = PostgresListener(configuration, timing: timing)
    private var counts = PostgresStatistics()
    private var waiting = Ring<PendingQuery>()
    private var checkTimer: ScheduledTimer?
    private var downSince: LoopTime?
    private var isRunning = false
    private var stopWaiters: [UnsafeContinuation<Void, Never>] = []

    /// A pool that does nothing yet.
    public init(_ configuration: PostgresConfiguration, timing: any Timing = SystemTiming.shared) {
        self.configuration = configuration
        self.timing = timing
    }

    /// Begins to connect and keeps doing so. Starting twice does nothing.
    public func start() {
        guard !isRunning else { return }
        isRunning = true
        downSince = timing.now
        slots = (0..<max(1, configuration.connections)).map { _ in ConnectionSlot(pool: self) }
        for slot in slots { slot.fill() }
        if listener.hasChannels { listener.start() }
    }

    /// Refuses new statements, waits up to 3 s for those in flight, and closes. Stopping twice, or before the start,
    /// does nothing.
    public func stop() async {
        guard isRunning else { return }
        isRunning = false
        checkTimer?.cancel()
        checkTimer = nil
        failWaiting(PostgresError(.unavailable, "the pool is stopped"))
        if inFlightCount > 0 {
            let timer = timing.after(Self.stopGrace) { [weak self] in self?.endStopWait() }
            // Resumed once by `endStopWait`, which takes it out and which the timer calls at the latest.
            await withUnsafeContinuation { stopWaiters.append($0) }
            timer.cancel()
        }
        for slot in slots { slot.stop() }
        slots = []
        listener.stop()
        canceller.stop()
    }

    /// Whether any connection is up.
    public var isUp: Bool { counts.ready > 0 }

    /// Counters and gauges.
    public var statistics: PostgresStatistics {
        var counts = counts
        counts.inFlight = inFlightCount
        counts.waiting = waiting.count
        counts.leased = slots.count { $0.connection?.isLeased == true }
        return counts
    }

    // MARK: Statements

    /// Runs one statement in a transaction of its own and returns its rows.
    public func query(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = [],
        timeout: Duration = PostgresPool.defaultTimeout
    ) async throws(PostgresError) -> PostgresRows {
        let now = timing.now
        let outcome = await withUnsafeContinuation { continuation in
            let query = PendingQuery(
                statement, parameters, began: now, deadline: now + timeout, isTransactional: false,
                commits: true,
                continuation: continuation)
            submit(query)
        }
        return try outcome.get()
    }

    /// Runs one statement of a transaction over the connection that it holds.
    func query(
        _ statement: PostgresStatement, _ parameters: [PostgresValue], deadline: LoopTime,
        commits: Bool = false, over connection: PipelinedConnection
    ) async throws(PostgresError) -> PostgresRows {
        let now = timing.now
        let outcome = await withUnsafeContinuation { continuation in
            let query = PendingQuery(
                statement, parameters, began: now, deadline: deadline, isTransactional: true,
                commits: commits,
                continuation: continuation)
            connection.submit(query)
            if !query.isSettled { armCheck(at: deadline) }
        }
        return try outcome.get()
    }

    private func submit(_ query: PendingQuery) {
        guard isRunning else { return settle(query, .failure(PostgresError(.unavailable, "the pool is not running"))) }
        if waiting.isEmpty, let connection = leastLoaded() {
            connection.submit(query)
        } else {
            guard !isDownTooLong else { return settle(query, .failure(noConnection)) }
            guard waiting.count < configuration.maximumWaiting else {
                return settle(query, .failure(PostgresError(.overloaded, "too many statements wait")))
            }
            waiting.append(query)
            if let downSince { armCheck(at: downSince + Self.unavailableGrace) }
        }
        if !query.isSettled { armCheck(at: query.deadline) }
    }

    /// Sends a statement once more that had no effect the first time.
    func submitAgain(_ query: PendingQuery) { submit(query) }

    /// Answers a statement and counts it.
    func settle(_ query: PendingQuery, _ outcome: Result<PostgresRows, PostgresError>) {
        guard query.settle(outcome) else { return }
        counts.latencyNanoseconds &+= UInt64(max(0, (timing.now - query.began).wholeNanoseconds))
        switch outcome {
        case .success: counts.succeeded += 1
        case .failure(let error): countFailure(error.kind)
        }
    }

    private func countFailure(_ kind: PostgresError.Kind) {
        counts.failed += 1
        switch kind {
        case .timedOut: counts.timedOut += 1
        case .overloaded: counts.overloaded += 1
        case .outcomeUnknown: counts.outcomesUnknown += 1
        default: break
        }
    }

    /// The open connection with the fewest statements in flight, if it has room.
    private func leastLoaded() -> PipelinedConnection? {
        var best: PipelinedConnection?
        var fewest = configuration.maximumInFlight
        for slot in slots {
            guard let connection = slot.connection, connection.isOpenToAll else { continue }
            if connection.inFlight.count < fewest {
                best = connection
                fewest = connection.inFlight.count
            }
        }
        return best
    }

    private func sendWaiting() {
        while !waiting.isEmpty, let connection = leastLoaded(), let query = waiting.popFirst() {
            if !query.isSettled { connection.submit(query) }
        }
    }

    private var inFlightCount: Int { slots.reduce(0) { $0 + ($1.connection?.inFlight.count ?? 0) } }

    // MARK: Connections

    func connectionBecameReady(_ connection: PipelinedConnection) {
        slot(of: connection)?.connectionBecameReady()
        counts.connects += 1
        counts.ready += 1
        if counts.ready == 1 {
            downSince = nil
            onStateChange?(true)
        }
        connectionHasRoom(connection)
    }

    /// It no longer counts as up, though its last statements are still in flight.
    func connectionRetires(_ connection: PipelinedConnection) { connectionWentDown() }

    func connectionHasRoom(_ connection: PipelinedConnection) {
        if !isRunning, inFlightCount == 0 { endStopWait() }
        grantLeases()
        sendWaiting()
    }

    func connectionClosed(_ connection: PipelinedConnection, _ error: PostgresError, wasUp: Bool, wasReady: Bool) {
        if isRunning { lastConnectionFailure = error }
        if wasUp { counts.disconnects += 1 } else { counts.connectFailures += 1 }
        if wasReady { connectionWentDown() }
        guard isRunning else {
            if inFlightCount == 0 { endStopWait() }
            return
        }
        slot(of: connection)?.connectionClosed()
    }

    private func connectionWentDown() {
        counts.ready -= 1
        guard counts.ready == 0 else { return }
        downSince = timing.now
        if !waiting.isEmpty || !leaseWaiters.isEmpty { armCheck(at: timing.now + Self.unavailableGrace) }
        onStateChange?(false)
    }

    private func slot(of connection: PipelinedConnection) -> ConnectionSlot? {
        slots.first { $0.connection === connection }
    }

    private func endStopWait() {
        for waiter in stopWaiters { waiter.resume() }
        stopWaiters = []
    }

    // MARK: Deadlines

    var noConnection: PostgresError {
        let reason = lastConnectionFailure.map { ": \($0.message)" } ?? ""
        return PostgresError(.unavailable, "no connection to the server\(reason)")
    }

    var isDownTooLong: Bool {
        guard let downSince else { return false }
        return timing.now - downSince >= Self.unavailableGrace
    }

    var isAcceptingWork: Bool { isRunning }

    /// Makes sure that `check` runs at `time` or before. One timer serves all statements: most are answered long before
    /// their deadline, and a timer each would cost more than they do.
    func armCheck(at time: LoopTime) {
        guard isRunning else { return }
        if let checkTimer, checkTimer.isPending, checkTimer.deadline <= time { return }
        checkTimer?.cancel()
        checkTimer = timing.after(time - timing.now) { [weak self] in self?.check() }
    }

    /// A statement whose caller has gone has its turn now: cancelled soon unless it ends by itself.
    func expiredQueryRuns() { armCheck(at: timing.now + Self.expiredRunGrace) }

    /// A cancel request that was sent for one statement can reach the next.
    func wasCancelledRecently(_ connection: PipelinedConnection) -> Bool {
        guard let time = connection.lastCancelledAt else { return false }
        return timing.now - time < Self.cancelGrace
    }

    /// Fails what is past its deadline, cancels what runs for nobody, and looks when to look again.
    private func check() {
        checkTimer = nil
        let now = timing.now
        if isDownTooLong { failWaiting(noConnection) }
        var next: LoopTime?
        func look(at time: LoopTime) { next = min(next ?? time, time) }
        waiting.removeAll { query in
            guard query.deadline <= now else {
                look(at: query.deadline)
                return false
            }
            settle(query, .failure(Self.timedOut(query, wasSent: false)))
            return true
        }
        expireLeaseWaiters(now, look)
        for slot in slots { if let connection = slot.connection { check(connection, now, look) } }
        if let downSince, !waiting.isEmpty || !leaseWaiters.isEmpty { look(at: downSince + Self.unavailableGrace) }
        if let next { armCheck(at: next) }
    }

    private func check(_ connection: PipelinedConnection, _ now: LoopTime, _ look: (LoopTime) -> Void) {
        connection.inFlight.forEach { query in
            guard !query.isSettled else { return }
            guard query.deadline <= now else { return look(query.deadline) }
            settle(query, .failure(Self.timedOut(query, wasSent: true)))
        }
        guard let running = connection.inFlight.first, running.isSettled else { return }
        if let cancelledAt = connection.cancelledAt {
            guard now - cancelledAt >= Self.cancelGrace else { return look(cancelledAt + Self.cancelGrace) }
            connection.close()
        } else {
            counts.cancels += 1
            connection.cancelRequested(at: now)
            canceller.cancel(processID: connection.processID)
            look(now + Self.cancelGrace)
        }
    }

    private static func timedOut(_ query: PendingQuery, wasSent: Bool) -> PostgresError {
        PostgresError(
            .timedOut, wasSent ? "no answer in time" : "not sent in time", statement: query.statement.name,
            mayHaveTakenEffect: wasSent && query.commits)
    }

    private func failWaiting(_ error: PostgresError) {
        while let query = waiting.popFirst() { settle(query, .failure(error.naming(query.statement.name))) }
        while let waiter = leaseWaiters.popFirst() { waiter.settle(.failure(error)) }
    }
}
