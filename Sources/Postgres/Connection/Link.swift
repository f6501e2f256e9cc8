import CLibpq
import EventLoop
import Glibc

/// One libpq connection on the loop: connects, flushes and takes in bytes without blocking. What is sent and what the
/// results mean is its owner's.
@Loop
final class Link {
    weak var owner: (any LinkOwner)?
    /// libpq's connection: nil before it is begun and after the end.
    private(set) var connection: OpaquePointer?
    private(set) var isConnected = false

    private let parameters: [(name: String, value: String)]
    private let configuration: PostgresConfiguration
    private let timing: any Timing
    private var watch: SocketWatch?
    private var timer: ScheduledTimer?
    private var isClosed = false

    /// `statementTimeout` zero means none.
    init(_ configuration: PostgresConfiguration, statementTimeout: Duration, timing: any Timing) {
        self.configuration = configuration
        self.timing = timing
        parameters = configuration.connectionParameters(statementTimeout: statementTimeout)
    }

    /// Begins to connect; ends in `linkConnected` or `linkClosed`, never before this returns.
    func open() {
        timer = timing.after(configuration.connectTimeout) { [weak self] in
            self?.lost("no connection within \(self?.configuration.connectTimeout ?? .zero)")
        }
        let host = configuration.host
        guard !configuration.isSocketDirectory, !HostAddress.isNumeric(host) else {
            Loop.atTurnEnd { [weak self] in self?.begin(address: nil) }
            return
        }
        // libpq would resolve on this thread, and a name server may take seconds.
        Loop.start { [weak self] in
            if let address = await offLoop({ HostAddress.resolve(host) }) {
                self?.begin(address: address)
            } else {
                self?.lost("the host name does not resolve")
            }
        }
    }

    /// Ends it without a word to the owner. Idempotent.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        isConnected = false
        timer?.cancel()
        timer = nil
        watch?.stop()
        watch = nil
        if let connection { PQfinish(connection) }
        connection = nil
    }

    /// Hands queued bytes to the socket and watches for room when they do not fit.
    func flush() {
        guard let connection else { return }
        switch PQflush(connection) {
        case 0: watch?.change(.readable)
        case 1: watch?.change([.readable, .writable])
        default: lost(nil)
        }
    }

    /// Ends it and tells the owner. `message` nil means libpq's own.
    func lost(_ message: String?) {
        guard !isClosed else { return }
        let error = PostgresError(.unavailable, message ?? errorMessage)
        close()
        owner?.linkClosed(error)
    }

    /// The server process's id, for cancelling.
    var processID: Int32 { connection.map { PQbackendPID($0) } ?? 0 }

    private var errorMessage: String {
        guard let connection, let text = PQerrorMessage(connection) else { return "the connection was lost" }
        let message = String(cString: text)
        return String(message.prefix { $0 != "\n" })
    }

    private func begin(address: String?) {
        guard !isClosed else { return }
        var names: [UnsafeMutablePointer<CChar>?] = []
        var values: [UnsafeMutablePointer<CChar>?] = []
        for (name, value) in parameters + (address.map { [("hostaddr", $0)] } ?? []) {
            names.append(strdup(name))
            values.append(strdup(value))
        }
        defer { for text in names + values { free(text) } }
        let constantNames = (names + [nil]).map { UnsafePointer($0) }
        let constantValues = (values + [nil]).map { UnsafePointer($0) }
        guard let connection = PQconnectStartParams(constantNames, constantValues, 0) else {
            return lost("out of memory")
        }
        self.connection = connection
        // libpq's default prints notices to standard error.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        guard PQstatus(connection) != CONNECTION_BAD else { return lost(nil) }
        watchConnecting(.writable)
    }

    private func advance() {
        guard let connection else { return }
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_READING: watchConnecting(.readable)
        case PGRES_POLLING_WRITING: watchConnecting(.writable)
        case PGRES_POLLING_OK: connected(connection)
        default: lost(nil)
        }
    }

    private func connected(_ connection: OpaquePointer) {
        timer?.cancel()
        timer = nil
        guard PQsetnonblocking(connection, 1) == 0 else { return lost(nil) }
        guard rewatch(.readable, { [weak self] in self?.ready($0) }) else { return }
        isConnected = true
        owner?.linkConnected()
    }

    private func watchConnecting(_ events: Poll.Events) {
        _ = rewatch(events) { [weak self] _ in self?.advance() }
    }

    /// Watches the socket anew: while connecting libpq may close its socket and open another of the same number.
    private func rewatch(_ events: Poll.Events, _ handler: @escaping @Loop (Poll.Events) -> Void) -> Bool {
        watch?.stop()
        watch = connection.flatMap { SocketWatch(PQsocket($0), events, handler) }
        if watch == nil { lost("the socket cannot be watched") }
        return watch != nil
    }

    private func ready(_ events: Poll.Events) {
        guard let connection else { return }
        if events.contains(.readable) {
            let isIntact = PQconsumeInput(connection) == 1
            // Also after the end: what came before it is complete and counts.
            owner?.linkReceived()
            guard self.connection != nil else { return }
            guard isIntact, PQstatus(connection) == CONNECTION_OK else { return lost(nil) }
        }
        flush()
    }
}
