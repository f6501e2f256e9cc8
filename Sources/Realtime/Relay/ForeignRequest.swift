public import EventLoop
import Wire

/// A client's request whose session another node owns, at the node that the client reached.
@Loop public final class ForeignRequest {
    public let owner: SessionOwner
    public let request: Request
    public let asksForWebSocket: Bool
    /// To be set by the relay before it returns; let go of at the end.
    public var handler: (any ForeignRequestHandler)?

    private let exchange: HTTPExchange
    private let server: EngineServer

    init(_ exchange: HTTPExchange, owner: SessionOwner, server: EngineServer) {
        self.owner = owner
        self.exchange = exchange
        self.server = server
        request = exchange.request
        asksForWebSocket = exchange.asksForWebSocket
    }

    public var isAnswered: Bool { exchange.isAnswered }

    /// The owner's answer, which is passed on as it is.
    public func respond(_ response: Response) {
        end()
        exchange.respond(response)
    }

    /// Code 1: the owner cannot be reached, and the session with it.
    public func refuseUnknownSession() {
        end()
        server.refuseUnknownSession(exchange)
    }

    /// 503: this node cannot take more just now.
    public func refuseUnavailable() {
        end()
        server.refuseUnavailable(exchange)
    }

    /// Resets the client's connection: there will be no answer.
    public func abandon() {
        end()
        exchange.abandon()
    }

    /// Ends HTTP on the client's connection: what it has sent past this request and will send goes to `handler`, which
    /// the stream holds. nil when the client has gone.
    public func takeStream(_ handler: any StreamHandler) -> Stream? {
        guard let stream = exchange.takeStream() else { return nil }
        end()
        exchange.handOver(to: handler)
        return stream
    }

    private func end() {
        handler = nil
        exchange.owner = nil
    }

    // MARK: What the engine tells

    func bodyCame() {
        handler?.requestCompleted(body: exchange.request.body)
    }

    func tooLarge() {
        let handler = handler
        end()
        handler?.requestTooLarge()
    }
}

extension ForeignRequest: HTTPExchangeOwner {
    func exchangeAborted(_ exchange: HTTPExchange) {
        let handler = handler
        self.handler = nil
        handler?.requestAborted()
    }
}
