public import EventLoop

/// A Socket.IO 5 server over Engine.IO 4. `HTTPServer` gives it the requests under its path.
@Loop public final class SocketServer {
    public let options: SocketServerOptions
    public let adapter: any Adapter
    public let timing: any Timing
    var counters = SocketServerStatistics()
    private(set) lazy var engine = EngineServer(options: options.engine, timing: timing) { [unowned self] in
        connection($0, $1)
    }
    private var namespaces: [String: Namespace] = [:]
    private let connectTimeouts: DeadlineQueue
    /// Six characters; see `SocketServerOptions.socketPrefix`.
    public let socketPrefix: String

    public init(
        options: SocketServerOptions, adapter: any Adapter = LocalAdapter(), timing: any Timing = SystemTiming.shared
    ) {
        self.options = options
        self.adapter = adapter
        self.timing = timing
        connectTimeouts = DeadlineQueue(interval: options.connectTimeout, timing: timing)
        socketPrefix = options.socketPrefix ?? Identifier.random(6)
        precondition(socketPrefix.utf8.count == 6, "a socket prefix has six characters")
        // Clients join `/` first, whether or not the application has anything there.
        namespace("/")
    }

    /// The namespace of this name, made when it is new. Clients can join those that exist.
    @discardableResult public func namespace(_ name: String) -> Namespace {
        precondition(name.hasPrefix("/"), "a namespace begins with a slash: \(name)")
        if let known = namespaces[name] { return known }
        let made = Namespace(name: name, server: self)
        namespaces[name] = made
        adapter.opened(made)
        return made
    }

    func knownNamespace(_ name: String) -> Namespace? { namespaces[name] }

    /// The six characters of the node, and 84 random bits.
    func makeSocketID() -> String { socketPrefix + Identifier.random(14) }

    private func connection(_ session: EngineSession, _ request: Request) -> any EngineSessionHandler {
        let handshake = Handshake(request: request, issued: timing.wallMilliseconds)
        let connection = SocketConnection(server: self, session: session, handshake: handshake)
        connectTimeouts.add(connection)
        return connection
    }

    /// Asks other nodes about their sessions; nil, as at first: only sessions of this node are known.
    public var relay: (any SessionRelay)? {
        get { engine.relay }
        set { engine.relay = newValue }
    }

    // MARK: Figures

    public var statistics: SocketServerStatistics {
        var figures = counters
        figures.engine = engine.statistics
        figures.sockets = namespaces.values.reduce(0) { $0 + $1.socketCount }
        figures.rooms = namespaces.values.reduce(0) { $0 + $1.roomCount }
        return figures
    }

    public var sessionCount: Int { engine.statistics.sessions }

    // MARK: Leaving

    /// New handshakes are answered 503 with Retry-After; sessions and their requests go on.
    public func beginDrain() {
        engine.refusesHandshakes = true
    }

    /// Refuses handshakes and closes every session, spread evenly over `duration`, so that not all clients come to the
    /// other nodes at once. Sessions end on the Engine.IO level, after which clients reconnect by themselves.
    public func drain(over duration: Duration) async {
        beginDrain()
        let waves = max(1, Int(duration / Self.waveInterval))
        for wave in 0..<waves {
            let open = engine.openSessions
            if open.isEmpty { return }
            let share = (open.count + waves - wave - 1) / (waves - wave)
            for session in open.prefix(share) { session.close(.serverShuttingDown) }
            if wave < waves - 1 { try? await timing.sleep(for: Self.waveInterval) }
        }
    }

    /// Closes every session at once.
    public func closeAll() {
        beginDrain()
        for session in engine.openSessions { session.close(.serverShuttingDown) }
    }

    /// Fine enough that a wave of a full node (100,000 sockets in 10 s) is a thousand sockets.
    private static let waveInterval: Duration = .milliseconds(100)
}
