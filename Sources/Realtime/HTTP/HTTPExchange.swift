import EventLoop

/// One request of a mounted path, from its head to its answer.
@Loop final class HTTPExchange {
    var request: Request
    /// Told once when the client goes away first.
    var owner: (any HTTPExchangeOwner)?
    /// The mount's own.
    var context: AnyObject?
    let asksForWebSocket: Bool
    private var connection: (any HTTPExchangeConnection)?

    init(request: Request, connection: any HTTPExchangeConnection, asksForWebSocket: Bool) {
        self.request = request
        self.connection = connection
        self.asksForWebSocket = asksForWebSocket
    }

    var isAnswered: Bool { connection == nil }

    func respond(_ response: Response) {
        guard let connection = release() else { return }
        connection.respond(response, to: self)
    }

    /// Resets the connection: there will be no answer.
    func abandon() {
        release()?.abandon(self)
    }

    /// The connection's stream, whose next handler must be set by `handOver` before control returns to the loop.
    func takeStream() -> Stream? {
        guard let stream = connection?.exchangeStream, !stream.isClosed else { return nil }
        return stream
    }

    /// Ends HTTP on the connection: what has come and will come belongs to `transport`.
    func handOver(to transport: any StreamHandler) {
        release()?.handOver(to: transport)
    }

    func aborted() {
        _ = release()
        let owner = owner
        self.owner = nil
        owner?.exchangeAborted(self)
    }

    private func release() -> (any HTTPExchangeConnection)? {
        let connection = connection
        self.connection = nil
        context = nil
        return connection
    }
}
