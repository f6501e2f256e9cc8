public import EventLoop
import Wire

/// An HTTP/1.1 server (RFC 9112): routes to a `Router`, and everything under a Socket.IO server's path to that.
@Loop public final class HTTPServer {
    let router: Router
    let options: HTTPServerOptions
    let timing: any Timing
    let errorBody: @Loop (HTTPFailure) -> Response
    /// Called after each routed answer: the request, its status, when it began (monotonic nanoseconds).
    public var onAnswer: (@Loop (Request, Int, UInt64) -> Void)?

    let heads: DeadlineQueue
    let bodies: DeadlineQueue
    let idles: DeadlineQueue
    let lingers: DeadlineQueue
    var counters = HTTPServerStatistics()
    private(set) var isDraining = false
    private var mounts: [any HTTPMount] = []
    private var listeners: [Listener] = []
    private var connections: [HTTPConnection] = []
    private let trustedProxies: Set<String>
    private var correlation = CorrelationNames()
    private var date = DateField()
    private var emptyWaiter: CheckedContinuation<Void, Never>?

    /// `errorBody` makes the answer to what the server refuses by itself (400, 404, 405, 408, 413, 414, 417, 431,
    /// 505); Allow and Connection are added to it.
    public init(
        router: Router, options: HTTPServerOptions = HTTPServerOptions(),
        errorBody: @escaping @Loop (HTTPFailure) -> Response, upgrade: SocketServer? = nil,
        timing: any Timing = SystemTiming.shared
    ) {
        self.router = router
        self.options = options
        self.errorBody = errorBody
        self.timing = timing
        heads = DeadlineQueue(interval: options.headTimeout, timing: timing)
        bodies = DeadlineQueue(interval: options.bodyTimeout, timing: timing)
        idles = DeadlineQueue(interval: options.idleTimeout, timing: timing)
        lingers = DeadlineQueue(interval: HTTPServerOptions.lingerTimeout, timing: timing)
        trustedProxies = Set(options.trustedProxies)
        if let upgrade { mount(upgrade) }
    }

    /// Gives `server` every request under its path.
    public func mount(_ server: SocketServer) {
        mounts.append(server.engine)
    }

    /// Gives `endpoint` every request under its path.
    public func mount(_ endpoint: EngineEndpoint) {
        mounts.append(endpoint.engine)
    }

    // MARK: Listening

    /// Port 0 takes a free one. Returns the port.
    @discardableResult public func listen(
        host: String, port: Int, reusePort: Bool = false
    ) throws(LoopError) -> Int {
        let listener = try Listener.tcp(host: host, port: port, reusePort: reusePort) { [unowned self] in accept($0) }
        listeners.append(listener)
        return listener.port
    }

    /// Whoever connects there counts as a trusted proxy. A socket file that nobody listens on is replaced.
    public func listen(unixPath: String) throws(LoopError) {
        listeners.append(try Listener.unix(path: unixPath) { [unowned self] in accept($0) })
    }

    /// - Parameter origin: of one that another node passes on.
    func accept(_ stream: Stream, from origin: RequestOrigin? = nil) {
        counters.accepted += 1
        guard connections.count < options.maximumConnections else {
            counters.refusedConnections += 1
            stream.close(.named("too many connections"))
            return
        }
        let connection = HTTPConnection(stream: stream, server: self, origin: origin)
        connection.index = connections.count
        connections.append(connection)
        stream.handler = connection
        heads.add(connection)
    }

    /// The connection has ended or speaks WebSocket now.
    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        if connections.isEmpty, let waiter = emptyWaiter {
            emptyWaiter = nil
            waiter.resume()
        }
    }

    public var statistics: HTTPServerStatistics {
        var figures = counters
        figures.connections = connections.count
        return figures
    }

    // MARK: Leaving

    /// From now on every answer ends its connection. Idle connections and the listeners stay: a proxy may be sending a
    /// request on one of them right now.
    public func beginDrain() {
        isDraining = true
    }

    /// Stops listening, waits for the answers that are pending (at most `deadline`), closes what is left.
    public func close(deadline: Duration = .seconds(5)) async {
        beginDrain()
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections { connection.closeIfIdle() }
        if !connections.isEmpty {
            let timer = timing.after(deadline) { [weak self] in
                for connection in self?.connections ?? [] { connection.stream.close(.named("server closed")) }
            }
            await withCheckedContinuation { emptyWaiter = $0 }
            timer.cancel()
        }
    }

    // MARK: What connections ask

    func mount(for request: Request) -> (any HTTPMount)? {
        for mount in mounts where request.hasPathPrefix(mount.pathPrefix) { return mount }
        return nil
    }

    func isTrusted(_ address: String) -> Bool {
        address.isEmpty || trustedProxies.contains(address)
    }

    func makeCorrelationID() -> String { correlation.next() }

    func appendDate(to output: inout [UInt8]) {
        date.append(to: &output, wallMilliseconds: timing.wallMilliseconds)
    }

    /// - Parameter correlationID: the answer's own, where there is no request that bears one.
    func failure(_ status: Int, _ request: Request?, correlationID: String? = nil) -> Response {
        let (code, detail) = HTTPFailure.describe(status)
        return errorBody(
            HTTPFailure(
                status: status, code: code, detail: detail,
                correlationID: request?.correlationID ?? correlationID ?? makeCorrelationID(),
                acceptLanguage: request?.headers["accept-language"]))
    }
}
