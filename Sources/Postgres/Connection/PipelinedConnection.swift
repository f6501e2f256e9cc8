import CLibpq
import EventLoop

/// A connection in pipeline mode: many statements in flight, answered in order, each a transaction of its own.
///
/// Each statement is followed by its own Sync in the same write. Without it neighbours would share one implicit
/// transaction, and one's failure would undo and abort the others. A statement is answered when its Sync is: only
/// then is it committed. A statement's first use sends Parse, Describe, Bind, Execute and Sync at once, so that it
/// costs no round trip, and a failing Parse fails that statement alone.
@Loop
final class PipelinedConnection: LinkOwner {
    private enum Phase { case connecting, ready, retiring, closed }

    /// Held by a transaction; the pool sends nothing else over it.
    var isLeased = false
    /// When the running statement's caller gave up and its cancellation was asked for; nil when none is due.
    private(set) var cancelledAt: LoopTime?
    private(set) var lastCancelledAt: LoopTime?
    private(set) var inFlight = Ring<PendingQuery>()

    private let link: Link
    private unowned let pool: PostgresPool
    private var phase = Phase.connecting
    private var prepared: [String: PreparedStatement] = [:]
    /// Names on the server that are taken by an older text or plan.
    private var generations: [String: Int] = [:]
    private var buffer: ParameterBuffer

    init(_ configuration: PostgresConfiguration, pool: PostgresPool, timing: any Timing) {
        self.pool = pool
        buffer = ParameterBuffer(maximumBytes: configuration.maximumParameterBytes)
        link = Link(configuration, statementTimeout: configuration.statementTimeout, timing: timing)
        link.owner = self
    }

    var isReady: Bool { phase == .ready }
    /// Whether the pool may send a statement over it.
    var isOpenToAll: Bool { phase == .ready && !isLeased && cancelledAt == nil }
    var processID: Int32 { link.processID }

    func open() { link.open() }

    /// Gives a leased connection back to the pool.
    func endLease() {
        isLeased = false
        closeIfDone()
        if phase == .ready { pool.connectionHasRoom(self) }
    }

    /// Ends the connection; what is in flight fails with an unknown outcome.
    func close() { finish(PostgresError(.unavailable, "the connection was closed")) }

    /// Takes no more statements and closes once the last in flight is answered.
    func retire() {
        guard phase == .ready else { return }
        phase = .retiring
        pool.connectionRetires(self)
        closeIfDone()
    }

    /// Sends a statement. A parameter that cannot be sent fails it at once; so does a connection that is not ready.
    func submit(_ query: PendingQuery) {
        guard phase == .ready || phase == .retiring, let connection = link.connection else {
            pool.settle(query, .failure(PostgresError(.unavailable, "the connection is gone")))
            return
        }
        let known = known(query.statement)
        do throws(PostgresError) {
            try buffer.encode(query.parameters, types: known?.types ?? [])
        } catch {
            pool.settle(query, .failure(error.naming(query.statement.name)))
            return
        }
        guard send(query, known, over: connection) else {
            // Without the Sync that did not go out nothing of it is ever committed.
            pool.settle(query, .failure(PostgresError(.unavailable, "the statement could not be sent")))
            link.lost(nil)
            return
        }
        inFlight.append(query)
        link.flush()
    }

    /// Marks that the running statement is being cancelled: until it and all others that nobody waits for are
    /// answered the pool sends nothing new behind them.
    func cancelRequested(at time: LoopTime) {
        cancelledAt = time
        lastCancelledAt = time
    }

    private func known(_ statement: PostgresStatement) -> PreparedStatement? {
        guard let known = prepared[statement.name], known.sql == statement.sql else { return nil }
        return known
    }

    private func send(_ query: PendingQuery, _ known: PreparedStatement?, over connection: OpaquePointer) -> Bool {
        query.result = nil
        query.failure = nil
        query.step = known == nil ? .preparation : .execution
        let entry = known ?? prepare(query.statement)
        query.prepared = entry
        if known == nil {
            guard PQsendPrepare(connection, entry.serverName, entry.sql, 0, nil) == 1,
                PQsendDescribePrepared(connection, entry.serverName) == 1
            else { return false }
        }
        let wasSent = buffer.withArguments { count, values, lengths, formats in
            PQsendQueryPrepared(connection, entry.serverName, count, values, lengths, formats, 1)
        }
        return wasSent == 1 && PQpipelineSync(connection) == 1
    }

    private func prepare(_ statement: PostgresStatement) -> PreparedStatement {
        if prepared[statement.name] != nil { generations[statement.name, default: 0] += 1 }
        let entry = PreparedStatement(statement, generation: generations[statement.name] ?? 0)
        prepared[statement.name] = entry
        return entry
    }

    // MARK: LinkOwner

    func linkConnected() {
        guard let connection = link.connection, PQenterPipelineMode(connection) == 1 else {
            link.lost("pipeline mode was refused")
            return
        }
        phase = .ready
        pool.connectionBecameReady(self)
    }

    func linkReceived() {
        guard let connection = link.connection else { return }
        var answered = 0
        var ends = 0
        while phase != .closed, let query = inFlight.first, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                // One ends each step; a second in a row means that libpq has nothing more to say.
                ends += 1
                guard ends == 1 else { break }
                continue
            }
            ends = 0
            guard take(result, for: query) else { continue }
            _ = inFlight.popFirst()
            answered += 1
            complete(query)
        }
        guard answered > 0, phase != .closed else { return }
        closeIfDone()
        pool.connectionHasRoom(self)
    }

    func linkClosed(_ error: PostgresError) { finish(error) }

    /// Takes one result in; true when it ends the statement.
    private func take(_ result: OpaquePointer, for query: PendingQuery) -> Bool {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return true
        case PGRES_FATAL_ERROR:
            // The first is the cause; libpq adds its own when the connection breaks.
            if query.failure == nil { query.failure = ServerFailure(result) }
        case PGRES_COMMAND_OK where query.step == .preparation: query.step = .description
        case PGRES_COMMAND_OK where query.step == .description:
            query.prepared?.types = (0..<PQnparams(result)).map {
                TypeIdentifier(rawValue: PQparamtype(result, $0))
            }
            query.step = .execution
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            query.result = ResultOwner(result)
            return false
        default: break
        }
        PQclear(result)
        return false
    }

    private func complete(_ query: PendingQuery) {
        if let next = inFlight.first, next.isSettled {
            pool.expiredQueryRuns()
        } else {
            cancelledAt = nil
        }
        if let failure = query.failure {
            failed(query, failure)
        } else if let result = query.result {
            pool.settle(query, .success(PostgresRows(result)))
        } else {
            pool.settle(query, .failure(PostgresError(.outcomeUnknown, "no result", mayHaveTakenEffect: true)))
        }
    }

    private func failed(_ query: PendingQuery, _ failure: ServerFailure) {
        if query.step != .execution || failure.isUnknownStatement || failure.isStalePlan {
            forget(query, isNameTaken: failure.isStalePlan)
        }
        if query.step == .preparation { query.prepared?.failure = failure }
        var failure = failure
        if failure.isUnknownStatement, let cause = query.prepared?.failure, !cause.isCancelled { failure = cause }
        if mayRepeat(query, failure) {
            query.isRepeated = true
            pool.submitAgain(query)
            return
        }
        pool.settle(query, .failure(failure.error(statement: query.statement.name)))
        if failure.meansServerGone { retire() }
    }

    private func forget(_ query: PendingQuery, isNameTaken: Bool) {
        guard let entry = query.prepared, prepared[query.statement.name] === entry else { return }
        prepared[query.statement.name] = nil
        if isNameTaken { generations[query.statement.name, default: 0] += 1 }
    }

    /// The server undid these before they did anything, and the next attempt fares better: the preparation is
    /// missing or stale, or a cancel request for the statement before arrived late.
    private func mayRepeat(_ query: PendingQuery, _ failure: ServerFailure) -> Bool {
        guard !query.isSettled, !query.isRepeated, !query.isTransactional else { return false }
        return failure.isUnknownStatement || failure.isStalePlan
            || failure.isCancelled && pool.wasCancelledRecently(self)
    }

    private func closeIfDone() {
        guard phase == .retiring, inFlight.isEmpty, !isLeased else { return }
        close()
    }

    private func finish(_ error: PostgresError) {
        guard phase != .closed else { return }
        let (wasUp, wasReady) = (phase != .connecting, phase == .ready)
        phase = .closed
        link.close()
        while let query = inFlight.popFirst() {
            let outcome = PostgresError(
                query.commits ? .outcomeUnknown : .unavailable, "the connection was lost: \(error.message)",
                statement: query.statement.name, mayHaveTakenEffect: query.commits)
            pool.settle(query, .failure(outcome))
        }
        pool.connectionClosed(self, error, wasUp: wasUp, wasReady: wasReady)
    }
}
