public import EventLoop
import Wire

/// What a relayed request comes to, at its session's owner: exactly one of these, once.
@Loop public protocol RelayedRequestDelegate: AnyObject {
    func relayedRequest(_ request: RelayedRequest, answered response: Response)
    /// The client's connection is to be reset.
    func relayedRequestAbandoned(_ request: RelayedRequest)
}

/// A request that another node passes on, at the node that owns its session. It is served as one of the node's own
/// connections would be.
@Loop public final class RelayedRequest {
    private weak var delegate: (any RelayedRequestDelegate)?
    private let mount: any HTTPMount
    private var exchange: HTTPExchange?
    private var isComplete = false

    init(_ request: Request, mount: any HTTPMount, delegate: any RelayedRequestDelegate) {
        self.mount = mount
        self.delegate = delegate
        exchange = HTTPExchange(request: request, connection: self, asksForWebSocket: false)
    }

    /// The head is there. The delegate may be called from here on, also before this returns.
    public func begin() {
        if let exchange { mount.exchangeStarted(exchange) }
    }

    /// A part of the body.
    public func receive(_ bytes: UnsafeRawBufferPointer) {
        guard let exchange, !isComplete else { return }
        if exchange.request.body.count + bytes.count > mount.maximumBody {
            refuseTooLarge()
        } else {
            exchange.request.body.append(contentsOf: bytes)
        }
    }

    /// The body is whole.
    public func complete() {
        guard let exchange, !isComplete else { return }
        isComplete = true
        mount.exchangeReady(exchange)
    }

    /// The body is larger than the session takes.
    public func refuseTooLarge() {
        guard let exchange, !isComplete else { return }
        isComplete = true
        mount.exchangeTooLarge(exchange)
    }

    /// The client went away, or the node that it came through. No answer follows.
    public func abort() {
        delegate = nil
        exchange?.aborted()
        exchange = nil
    }
}

extension RelayedRequest: HTTPExchangeConnection {
    func respond(_ response: Response, to exchange: HTTPExchange) {
        self.exchange = nil
        delegate?.relayedRequest(self, answered: response)
    }

    func abandon(_ exchange: HTTPExchange) {
        self.exchange = nil
        delegate?.relayedRequestAbandoned(self)
    }

    /// WebSockets come on streams of their own; see `HTTPServer.serve(_:from:received:)`.
    var exchangeStream: Stream? { nil }

    func handOver(to transport: any StreamHandler) {}
}

extension HTTPServer {
    /// Serves a request that came through another node; nil for a path that no Socket.IO server here is mounted at.
    public func serve(_ request: Request, delegate: any RelayedRequestDelegate) -> RelayedRequest? {
        mount(for: request).map { RelayedRequest(request, mount: $0, delegate: delegate) }
    }

    /// Serves a connection that another node passes on byte by byte, for a client at `origin`.
    ///
    /// - Parameter received: what has come on it already.
    public func serve(_ stream: Stream, from origin: RequestOrigin, received: UnsafeRawBufferPointer) {
        accept(stream, from: origin)
        if !received.isEmpty { stream.handler?.streamReceived(received) }
    }
}
