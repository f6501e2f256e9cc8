import Cluster
import Crypto
import Domain
import EventLoop
import Postgres
import Realtime
import Redis
import Services
import Store
import Telemetry
import Wire

/// Everything a node is made of, and in what order it begins and ends. All that is wired is wired here.
@Loop
final class Application {
    static let version = "0.1.0"

    let configuration: Configuration
    let timing: any Timing = SystemTiming.shared
    let log: Log
    let registry = MetricsRegistry()
    let pool: PostgresPool
    let redis: RedisClient
    let bus: Bus
    let rooms: RedisAdapter
    /// nil where connection state recovery is off.
    let recovery: RedisRecoveryLog?
    let store: Store
    let router = Router()
    let http: HTTPServer
    let sockets: SocketServer
    let namespace: Namespace
    let gateway: Gateway
    let identifiers: IdentifierSource
    let accounts: Accounts
    let catalog: Catalog
    let orders: Orders
    let dispatch: Dispatch
    let housekeeping: Housekeeping
    let health: Health
    let membership: Membership
    let links: Links
    let view: ClusterView
    private var isListening = false

    init(_ configuration: Configuration, log: Log) throws(ClusterError) {
        self.configuration = configuration
        self.log = log
        let timing = timing
        let process = SessionOwner(name: configuration.nodeID)
        let epoch = process.epoch
        let epochText = String(epoch, radix: 16)

        var postgres = configuration.postgres
        postgres.applicationName = "lastmile-\(configuration.nodeID)"
        pool = PostgresPool(postgres, timing: timing)
        store = Store(pool)
        redis = RedisClient(configuration.redis, timing: timing)
        bus = Bus(configuration.redis, client: redis, timing: timing)

        var http = HTTPServerOptions()
        http.trustedProxies = configuration.trustedProxies
        http.cors = Self.crossOrigin(configuration, exposed: Self.exposedHeaders)
        let (pool, bus, readiness) = (pool, bus, Readiness())
        // Until the routes are there nobody knows what is at a path: no order is gone because a node begins.
        self.http = HTTPServer(
            router: router, options: http,
            errorBody: { failure in
                let isEarly = !readiness.isStarted && failure.status == 404
                return Problem.response(isEarly ? failure.asUnavailable : failure)
            }, timing: timing)
        weak var this: Application?
        let socketPrefix = SocketServerOptions.randomSocketPrefix()
        let redis = redis
        recovery = configuration.recovery.map { RedisRecoveryLog($0, client: redis, bus: bus, timing: timing) }
        rooms = RedisAdapter(
            bus: bus, nodeName: configuration.nodeID, socketPrefix: socketPrefix,
            pythonChannel: configuration.pythonChannel, timing: timing, log: recovery,
            silent: { this?.lostNodes ?? [] },
            others: { this?.links.alive ?? [] })
        var options = Self.socketOptions(configuration, process)
        options.socketPrefix = socketPrefix
        sockets = SocketServer(options: options, adapter: rooms, recovery: recovery, timing: timing)
        namespace = sockets.namespace("/")

        gateway = Gateway(
            store: store, bus: bus, peers: rooms, namespace: namespace, timing: timing, log: log, origin: epoch,
            node: configuration.nodeID, counters: GatewayCounters(registry))
        identifiers = IdentifierSource(timing: timing)
        accounts = Accounts(
            store: store, signer: TokenSigner(secret: configuration.tokenSecret),
            settings: AccountSettings(
                accessTokenSeconds: configuration.tokenSeconds, passwordCost: configuration.scryptCost,
                requiresDriverApproval: configuration.requiresDriverApproval),
            identifiers: identifiers, events: gateway, timing: timing, log: log)
        dispatch = Dispatch(
            store: store, matching: configuration.matching, drivers: configuration.drivers,
            node: Dispatch.Node(name: configuration.nodeID, epoch: epochText, version: Self.version),
            live: gateway, volatile: gateway, connected: gateway,
            lock: RedisOrderLock(OrderLock(client: redis, timing: timing)), identifiers: identifiers, timing: timing,
            log: log)
        housekeeping = Housekeeping(store: store, timing: timing)
        catalog = Catalog(store: store, identifiers: identifiers, memberships: gateway)
        orders = Orders(store: store, identifiers: identifiers, afterCommit: dispatch.afterCommit)

        let gateway = gateway
        health = Health(
            node: configuration.nodeID, version: Self.version, timing: timing,
            postgresIsUp: { pool.isUp && gateway.feedIsFresh }, redisIsUp: { bus.isUp },
            readiness: readiness)
        let started = timing.wallMilliseconds
        let (health, namespace) = (health, namespace)
        let view = ClusterView(timing: timing)
        self.view = view
        let links = try Links(
            process: process, secret: configuration.sessionSecret, options: configuration.links, timing: timing
        ) { await this?.membership.refresh() }
        self.links = links
        sockets.relay = links
        let describe: @Loop () -> Member = {
            Member(
                name: configuration.nodeID, epoch: epochText, version: Self.version,
                address: "\(configuration.host):\(configuration.port)", linkHost: links.own.host,
                linkPort: links.own.port, startedMilliseconds: started,
                status: health.status.rawValue, sockets: namespace.socketCount, rooms: namespace.roomCount,
                loopLagMilliseconds: Int(Loop.statistics.recentLag.wholeMilliseconds),
                reachesPostgres: health.reachesPostgres, reachesRedis: health.reachesRedis,
                saidMilliseconds: timing.wallMilliseconds)
        }
        membership = Membership(client: redis, timing: timing, describe: describe)
        this = self
        membership.onChange = { links.update($0.compactMap(\.linkAddress)) }
        membership.onReport = { for member in $0 { view.heard(member) } }
        links.describe = describe
        if configuration.limitsRates {
            gateway.connections = ConnectionCounts(client: redis, process: process) { links.aliveProcesses }
        }
        links.onHeard = { view.heard($0) }
    }

    /// For pages of other origins, of sockets and REST alike; nil: none may.
    private static func crossOrigin(_ configuration: Configuration, exposed: [String] = []) -> CORSOptions? {
        guard !configuration.corsOrigins.isEmpty else { return nil }
        return CORSOptions(origins: .list(configuration.corsOrigins), allowsCredentials: true, exposedHeaders: exposed)
    }

    /// What REST clients act upon.
    private static let exposedHeaders = [
        "ETag", "Location", "Retry-After", "X-Correlation-ID", "Idempotent-Replayed", "RateLimit-Limit",
        "RateLimit-Remaining", "RateLimit-Reset",
    ]

    private static func socketOptions(
        _ configuration: Configuration, _ process: SessionOwner
    ) -> SocketServerOptions {
        var options = SocketServerOptions()
        options.engine.pingInterval = configuration.pingInterval
        options.engine.pingTimeout = configuration.pingTimeout
        options.engine.identifiers = SessionIdentifiers(owner: process, secret: configuration.sessionSecret)
        options.closeRate = configuration.drainRate
        options.engine.maximumSessions = configuration.maximumConnections
        if configuration.limitsRates {
            options.engine.maximumHandshakesPerSecond = configuration.handshakeRate
            options.engine.maximumHandshakesPerSecondPerAddress = configuration.handshakeRatePerAddress
            options.engine.maximumSessionsPerAddress = configuration.maximumConnectionsPerAddress
            options.engine.maximumPacketsPerSecond = configuration.maximumPacketsPerSecond
        }
        if configuration.compressesMessages { options.engine.messageCompression = MessageCompressionOptions() }
        options.engine.cors = crossOrigin(configuration)
        return options
    }

    /// Nodes that nobody should wait for.
    private var lostNodes: [String] { view.lost(links: links, own: configuration.nodeID) }

    // MARK: Beginning

    /// Between two tries to reach PostgreSQL at the start.
    private static let startRetry: Duration = .seconds(1)

    /// A start that takes longer than this is worth telling probes about; until then a door that finds nobody listening
    /// asks the next node, whatever the request.
    private static let listensAtLatest: Duration = .seconds(2)

    /// Listens once the schema stands and the feed has begun; before, for probes alone, when that takes its time.
    func start() async throws {
        observe()
        health.register(on: router)
        let latest = timing.after(Self.listensAtLatest) { [self] in listenForProbes() }
        defer { latest.cancel() }
        pool.start()
        redis.start()
        bus.observe { [gateway, log] isUp in
            if isUp { log.info("bus.restored") } else { log.warning("bus.broken") }
            gateway.hurryFeed()
        }
        redis.onWarning = { [log] in log.warning("redis.warning", ["detail": .string($0)]) }
        recovery?.onWarning = { [log] in log.warning("recovery.warning", ["detail": .string($0)]) }
        bus.start()
        try await untilAvailable { () async throws(StoreError) in try await store.migrate() }
        if configuration.seedsTestData { try await seed() }
        gateway.accessChanged = { [accounts] in accounts.sessionEnded($0) }
        gateway.offersHeard = { [dispatch] in dispatch.offers.seen($0) }
        gateway.listenToAccess()
        try await untilAvailable { () async throws(StoreError) in try await gateway.startFeed() }
        dispatch.start()
        housekeeping.start()
        await recovery?.opened(within: Self.listensAtLatest)
        try links.listen(for: http)
        membership.start()
        // The others shall know of this node when its first session begins.
        await membership.refresh()
        registerRoutes()
        registerEvents()
        http.mount(sockets)
        health.readiness.isStarted = true
        try listen()
        log.info("node.started", ["port": LogValue(configuration.port), "version": .string(Self.version)])
    }

    private func listen() throws(LoopError) {
        guard !isListening else { return }
        try http.listen(host: configuration.host, port: configuration.port)
        isListening = true
    }

    private func listenForProbes() {
        do throws(LoopError) {
            try listen()
        } catch {
            log.warning("node.not_listening", ["detail": .string("\(error)")])
        }
    }

    /// Repeats what failed only because PostgreSQL was not there yet.
    private func untilAvailable(_ body: () async throws(StoreError) -> Void) async throws {
        while true {
            do throws(StoreError) {
                return try await body()
            } catch {
                guard error.kind == .unavailable || error.kind == .timedOut || error.kind == .outcomeUnknown else {
                    throw error
                }
                log.warning("postgres.awaited", ["detail": .string("\(error)")])
                try await timing.sleep(for: Self.startRetry)
            }
        }
    }

    private func seed() async throws {
        try await Seeding(accounts: accounts, store: store, log: log).run()
    }

    private func observe() {
        let metrics = NodeMetrics(registry: registry)
        metrics.observe(http: http)
        metrics.observe(sockets: sockets, namespace: namespace)
        metrics.observe(limitsOf: sockets)
        metrics.observe(postgres: pool)
        metrics.observe(redis: redis, bus: bus)
        metrics.observe(dispatch: dispatch)
        links.register(in: registry)
        rooms.register(in: registry)
        recovery?.register(in: registry)
        metrics.observeLoop()
        ProcessMetrics.register(in: registry, startSeconds: Double(timing.wallMilliseconds) / 1000)
        metrics.register(on: router)
    }

    private func registerRoutes() {
        let limiter = RateLimiter(client: redis, timing: timing)
        let support = RouteSupport(
            accounts: accounts, log: log, rates: configuration.limitsRates ? RateLimits(limiter: limiter) : nil)
        AuthRoutes(support: support).register(on: router)
        UserRoutes(support: support).register(on: router)
        MerchantRoutes(support: support, catalog: catalog).register(on: router)
        OrderRoutes(support: support, orders: orders).register(on: router)
        DriverRoutes(support: support, drivers: dispatch.drivers, offers: dispatch.offers).register(on: router)
        OfferRoutes(support: support, offers: dispatch.offers).register(on: router)
        NotificationRoutes(
            support: support, answers: KeptAnswers(store: store), namespace: namespace, identifiers: identifiers,
            timing: timing
        ).register(on: router)
        QueueRoutes(support: support, jobs: dispatch.jobAdministration).register(on: router)
        ClusterRoutes(
            support: support, membership: membership, links: links, view: view, namespace: namespace, timing: timing
        ).register(on: router)
    }

    private func registerEvents() {
        let limit = configuration.limitsRates ? configuration.maximumConnectionsPerAccount : Int.max
        namespace.use { [gateway, accounts] socket async throws(ConnectRefusal) in
            try await gateway.connect(socket, perAccount: limit) { token throws(ServiceError) in
                try accounts.verifySignature(token)
            }
        }
        namespace.onConnect { [gateway, dispatch] socket in
            gateway.opened(socket)
            if let driver = Self.driver(of: socket) { dispatch.presence.sign(of: driver) }
        }
        namespace.onDisconnect { [gateway, dispatch] socket, _ in
            if let driver = Self.driver(of: socket) { dispatch.presence.sign(of: driver) }
            if let member = socket.context as? GatewaySocket { gateway.remove(member) }
        }
        ServerQuestions(membership: membership).register(on: namespace)
        namespace.describeData = { [gateway] in gateway.describe($0) }
        let identify: @Loop (Socket) -> Identity? = { ($0.context as? GatewaySocket)?.identity }
        OrderSocketEvents(orders: orders, identifiers: identifiers, log: log, identify: identify)
            .register(on: namespace)
        DriverSocketEvents(
            drivers: dispatch.drivers, offers: dispatch.offers, identifiers: identifiers, log: log, identify: identify
        ).register(on: namespace)
        SubscriptionEvents(gateway: gateway, store: store, accounts: accounts).register(on: namespace)
    }

    /// Who is alive because of a socket.
    private static func driver(of socket: Socket) -> UUID16? {
        guard let identity = (socket.context as? GatewaySocket)?.identity, identity.role == .driver else { return nil }
        return identity.account
    }

    // MARK: Ending

    /// How long a node at least can be seen to drain: whoever polls its health, or holds a connection to it, hears of it
    /// before the listener closes.
    private static let drainNotice: Duration = .milliseconds(300)

    /// The order of a drain: nothing new comes in, sockets move in waves, work under way is finished, drivers close, the
    /// listener last.
    func drain() async {
        health.isDraining = true
        log.info("node.draining", ["sockets": LogValue(namespace.socketCount)])
        http.beginDrain()
        sockets.beginDrain()
        do { try await timing.sleep(for: Self.drainNotice) } catch { log.debug("node.drain_hurried") }
        let (count, began) = (namespace.socketCount, timing.now)
        await sockets.drain(over: .seconds(configuration.drainSeconds))
        log.info(
            "node.drained",
            ["sockets": LogValue(count), "milliseconds": LogValue((timing.now - began).wholeMilliseconds)])
        await dispatch.stop()
        await housekeeping.stop()
        await membership.stop()
        gateway.stopFeed()
        await http.close()
        links.stop()
        await recovery?.stop()
        await bus.stop()
        await redis.stop()
        await pool.stop()
        log.info("node.stopped")
    }
}
