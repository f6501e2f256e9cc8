public import EventLoop

/// A Socket.IO 5 server over Engine.IO 4. `HTTPServer` gives it the requests under its path.
@Loop public final class SocketServer {
    public let options: SocketServerOptions
    public let adapter: any Adapter
    /// nil where connection state recovery is off.
    public let recovery: (any RecoveryLog)?
    public let timing: any Timing
    var counters = SocketServerStatistics()
    private(set) lazy var engine = EngineServer(options: options.engine, timing: timing) { [unowned self] in
        connection($0, $1)
    }
    private var namespaces: [String: Namespace] = [:]
    private var patterns: [NamespacePattern] = []
    private(set) var childCount = 0
    /// In the order in which they became so.
    let emptyNamespaces: DeadlineQueue
    private let connectTimeouts: DeadlineQueue
    private let waves: CloseWaves
    /// Six characters; see `SocketServerOptions.socketPrefix`.
    public let socketPrefix: String

    public init(
        options: SocketServerOptions, adapter: any Adapter = LocalAdapter(), recovery: (any RecoveryLog)? = nil,
        timing: any Timing = SystemTiming.shared
    ) {
        self.options = options
        self.adapter = adapter
        self.recovery = recovery
        self.timing = timing
        connectTimeouts = DeadlineQueue(interval: options.connectTimeout + Self.connectGrace, timing: timing)
        emptyNamespaces = DeadlineQueue(interval: options.emptyNamespaceTime, timing: timing)
        waves = CloseWaves(rate: options.closeRate, timing: timing)
        socketPrefix = options.socketPrefix ?? Identifier.random(6)
        precondition(socketPrefix.utf8.count == 6, "a socket prefix has six characters")
        recovery?.attach(to: self)
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

    var allNamespaces: [Namespace] { Array(namespaces.values) }

    /// For a CONNECT that is on its way when the time is over, from a client that is busy.
    private static let connectGrace: Duration = .milliseconds(250)

    func knownNamespace(_ name: String) -> Namespace? { namespaces[name] }

    /// Namespaces that are made when a client joins them: all names that `matches` says yes to and that no namespace
    /// bears. `configure` gives each its middlewares and handlers before anybody is in it:
    ///
    ///     server.namespaces { name, _ in name.hasPrefix("/team-") } configure: { team in
    ///         team.use { socket throws(ConnectRefusal) in … }
    ///         team.on("message") { socket, event in … }
    ///     }
    ///
    /// Several patterns are asked in the order of registration, each while the client waits. A namespace in which nobody
    /// is goes after `options.emptyNamespaceTime`, and is made anew for who joins it later; what is emitted over the old
    /// one reaches nobody.
    ///
    /// - Parameter removesEmpty: false keeps those that were made once.
    @discardableResult public func namespaces(
        where matches: @escaping NamespacePattern.Matcher, removesEmpty: Bool = true,
        configure: @escaping @Loop (Namespace) -> Void
    ) -> NamespacePattern {
        let pattern = NamespacePattern(
            server: self, matches: matches, removesEmpty: removesEmpty, configure: configure)
        patterns.append(pattern)
        return pattern
    }

    var hasPatterns: Bool { !patterns.isEmpty }

    func pattern(for name: String, auth: [UInt8]) async -> NamespacePattern? {
        for pattern in patterns where await pattern.matches(name, auth) { return pattern }
        return nil
    }

    /// nil: there are as many as there may be.
    func makeChild(_ name: String, of pattern: NamespacePattern) -> Namespace? {
        precondition(name.hasPrefix("/"), "a namespace begins with a slash: \(name)")
        if childCount >= options.maximumDynamicNamespaces { emptyNamespaces.expireFirst() }
        guard childCount < options.maximumDynamicNamespaces else { return nil }
        let made = Namespace(name: name, server: self)
        let tenancy = NamespaceTenancy(made, pattern: pattern, server: self)
        made.tenancy = tenancy
        namespaces[name] = made
        childCount += 1
        adapter.opened(made)
        tenancy.becameEmpty()
        return made
    }

    func remove(_ namespace: Namespace, of pattern: NamespacePattern) {
        namespaces[namespace.name] = nil
        pattern.forget(namespace.name)
        childCount -= 1
        adapter.closed(namespace)
        namespace.dropHandlers()
    }

    /// The six characters of the node, and 84 random bits.
    func makeSocketID() -> String { socketPrefix + Identifier.random(14) }

    private func connection(_ session: EngineSession, _ request: Request) -> any EngineSessionHandler {
        let handshake = Handshake(request: request, issued: timing.wallMilliseconds)
        let connection = SocketConnection(server: self, session: session, handshake: handshake)
        connectTimeouts.add(connection)
        return connection
    }

    /// Asked about each handshake, before there is a session: a text refuses it and is what the client is told (Engine.IO's
    /// error 4). nil, as at first, admits all.
    public var admission: (@Loop (Request) -> String?)? {
        get { engine.admission }
        set { engine.admission = newValue }
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
        figures.engine.backlogBytes = engine.backlog.bytes
        figures.engine.unfinishedBytes = engine.unfinished.bytes
        figures.engine.backloggedSessions = engine.backlog.count
        figures.dynamicNamespaces = childCount
        figures.sockets = namespaces.values.reduce(0) { $0 + $1.socketCount }
        figures.rooms = namespaces.values.reduce(0) { $0 + $1.roomCount }
        return figures
    }

    public var sessionCount: Int { engine.statistics.sessions }

    /// The most handshakes that were taken within one second since this was last asked.
    public func takeHandshakePeak() -> Int { engine.handshakePeak.take(now: timing.now.nanoseconds) }

    // MARK: Leaving

    /// New handshakes are answered 503 with Retry-After; sessions and their requests go on.
    public func beginDrain() {
        engine.refusesHandshakes = true
    }

    /// Refuses handshakes and closes every session in waves: `options.closeRate` a second, more where they would not be
    /// gone within `duration` otherwise. Sessions end on the Engine.IO level, after which clients reconnect by
    /// themselves. Returns when they are gone, a few seconds after the last wave at most: polling clients fetch their last
    /// answer, and an upgrade that is under way comes to its end first.
    public func drain(over duration: Duration) async {
        beginDrain()
        let open = engine.openSessions
        let milliseconds = max(duration, CloseWaves.interval).wholeMilliseconds
        // By a tenth more than would just do: timers come late, and nothing is made up for.
        waves.hurry(to: Int((Int64(open.count) * 1_100 + milliseconds - 1) / milliseconds))
        waves.close(open)
        await waves.finished()
        let last = timing.now + Self.farewell
        while sessionCount > 0, timing.now < last { try? await timing.sleep(for: CloseWaves.interval) }
    }

    /// Ends the sessions of these sockets at `options.closeRate` a second, in this order, together with what else is
    /// being closed so: their clients reconnect and begin, or recover, anew. For a node that cannot be sure any more
    /// what they were sent. Returns at once; what ends by itself meanwhile is passed over.
    public func closeInWaves(_ sockets: [Socket]) {
        waves.close(sockets.compactMap { $0.connection?.session })
    }

    /// Closes every session at once.
    public func closeAll() {
        beginDrain()
        for session in engine.openSessions { session.close(.serverShuttingDown) }
    }

    /// For what was closed to be fetched: a client that polls asks again at once.
    private static let farewell: Duration = .seconds(3)
}
