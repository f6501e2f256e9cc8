import CLibpq
public import EventLoop

/// A connection of its own for what a pool does not do: scripts of several statements, session locks, LISTEN.
///
/// One request at a time; a second one meanwhile is refused with `.overloaded`. Whatever the session holds (locks,
/// temporary tables) lasts until it is closed or lost.
@Loop
public final class PostgresSession: LinkOwner {
    private enum Phase { case connecting, ready, closed }

    /// Called for each notification on a channel that the session listens to.
    var onNotification: ((_ channel: String, _ payload: String) -> Void)?
    /// Called once when an open session is lost, not when it is closed.
    var onLost: ((PostgresError) -> Void)?

    private let link: Link
    private let timing: any Timing
    private let canceller: Canceller?
    private var phase = Phase.connecting
    private var continuation: UnsafeContinuation<Result<PostgresRows?, PostgresError>, Never>?
    private var timer: ScheduledTimer?
    private var result: ResultOwner?
    private var failure: ServerFailure?
    private var buffer: ParameterBuffer

    /// `canceller` nil means that a request past its deadline is left to the server's statement timeout.
    init(
        _ configuration: PostgresConfiguration, statementTimeout: Duration, timing: any Timing, canceller: Canceller?
    ) {
        self.timing = timing
        self.canceller = canceller
        buffer = ParameterBuffer(maximumBytes: configuration.maximumParameterBytes)
        link = Link(configuration, statementTimeout: statementTimeout, timing: timing)
        link.owner = self
    }

    /// Whether it can take requests.
    public var isOpen: Bool { phase == .ready }

    /// Runs statements separated by semicolons, without parameters and results. Those outside BEGIN and COMMIT share
    /// one implicit transaction.
    public func script(_ sql: String, timeout: Duration) async throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidParameter, "the script contains NUL") }
        _ = try await request(timeout: timeout) { PQsendQuery($0, sql) == 1 }
    }

    /// Runs one statement and returns its rows.
    public func query(
        _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration = PostgresPool.defaultTimeout
    ) async throws(PostgresError) -> PostgresRows {
        try buffer.encode(parameters, types: [])
        let rows = try await request(timeout: timeout) { connection in
            buffer.withArguments { count, values, lengths, formats in
                PQsendQueryParams(connection, sql, count, nil, values, lengths, formats, 1)
            } == 1
        }
        guard let rows else { throw PostgresError(.decoding, "the statement was empty") }
        return rows
    }

    /// Connects. Call it first and once.
    func open() async throws(PostgresError) {
        link.open()
        let outcome = await withUnsafeContinuation { continuation = $0 }
        _ = try outcome.get()
    }

    func close() { finish(PostgresError(.unavailable, "the session was closed")) }

    private func request(
        timeout: Duration, _ send: (OpaquePointer) -> Bool
    ) async throws(PostgresError) -> PostgresRows? {
        guard phase == .ready, let connection = link.connection else {
            throw PostgresError(.unavailable, "the session is not open")
        }
        guard continuation == nil else { throw PostgresError(.overloaded, "the session is busy") }
        result = nil
        failure = nil
        guard send(connection) else {
            link.lost(nil)
            throw PostgresError(.unavailable, "the request could not be sent")
        }
        timer = timing.after(timeout) { [weak self] in self?.timedOut() }
        let outcome = await withUnsafeContinuation { continuation in
            self.continuation = continuation
            link.flush()
        }
        return try outcome.get()
    }

    /// The session ends with it: what comes next would wait behind a statement that may go on.
    private func timedOut() {
        canceller?.cancel(processID: link.processID)
        settle(.failure(PostgresError(.timedOut, "no answer in time", mayHaveTakenEffect: true)))
        close()
    }

    /// Resumes the one request under way; taken out here, so resumed once, and `finish` settles what is left.
    private func settle(_ outcome: Result<PostgresRows?, PostgresError>) {
        timer?.cancel()
        timer = nil
        continuation.take()?.resume(returning: outcome)
    }

    // MARK: LinkOwner

    func linkConnected() {
        phase = .ready
        settle(.success(nil))
    }

    func linkReceived() {
        guard let connection = link.connection else { return }
        while continuation != nil, PQisBusy(connection) == 0 {
            guard let pointer = PQgetResult(connection) else {
                settle(failure.map { .failure($0.error(statement: "")) } ?? .success(result.map(PostgresRows.init)))
                break
            }
            switch PQresultStatus(pointer) {
            case PGRES_FATAL_ERROR:
                if failure == nil { failure = ServerFailure(pointer) }
                PQclear(pointer)
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: result = ResultOwner(pointer)
            default: PQclear(pointer)
            }
        }
        while let notification = PQnotifies(connection) {
            let (channel, payload) = (notification.pointee.relname, notification.pointee.extra)
            if let channel, let payload { onNotification?(String(cString: channel), String(cString: payload)) }
            PQfreemem(notification)
            guard link.connection != nil else { return }
        }
    }

    func linkClosed(_ error: PostgresError) {
        let wasOpen = phase == .ready
        finish(error)
        if wasOpen { onLost?(error) }
    }

    private func finish(_ error: PostgresError) {
        guard phase != .closed else { return }
        let wasOpen = phase == .ready
        phase = .closed
        link.close()
        let outcome =
            wasOpen
            ? PostgresError(.outcomeUnknown, "the connection was lost: \(error.message)", mayHaveTakenEffect: true)
            : error
        settle(.failure(outcome))
    }
}
