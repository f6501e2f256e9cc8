import EventLoop
import Wire

/// What is written back: the bodies and fields of the official server, which its suites and clients rely on.
extension EngineServer {
    func answer(
        _ exchange: HTTPExchange, status: Int, type: String?, body: [UInt8], extra: [(String, String)] = []
    ) {
        var headers = HTTPHeaders()
        if let type { headers.append("Content-Type", type) }
        for (name, value) in extra { headers.append(name, value) }
        if let cors = options.cors {
            for (name, value) in cors.headers(for: exchange.request.headers["origin"]) { headers.append(name, value) }
        }
        exchange.respond(Response(status: status, headers: headers, body: body))
    }

    /// `compresses`: whether the packets let the payload be compressed.
    func respond(
        _ poll: HTTPExchange, payload: [UInt8], compresses: Bool = false, extra: [(String, String)] = []
    ) {
        var body = payload
        var extra = extra + [("Cache-Control", "no-store")]
        if compresses, options.compressesPolls, payload.count >= BodyCompression.threshold,
            let coding = BodyCompression.coding(for: poll.request.headers["accept-encoding"]),
            let compressed = bodyCompression.compress(payload, coding)
        {
            body = compressed
            extra.append(("Content-Encoding", coding.rawValue))
            statistics.compressedPolls += 1
        }
        answer(poll, status: 200, type: "text/plain; charset=UTF-8", body: body, extra: extra)
    }

    /// `message`: nil tells the failure's own.
    func refuse(_ exchange: HTTPExchange, _ failure: EngineFailure, _ message: String? = nil) {
        let body = failure.body(message ?? failure.message)
        answer(exchange, status: failure.status, type: "application/json", body: body)
    }

    func refuseEmpty(_ exchange: HTTPExchange) {
        answer(exchange, status: 400, type: nil, body: [])
    }

    func acceptPost(_ exchange: HTTPExchange) {
        answer(
            exchange, status: 200, type: "text/html", body: Array("ok".utf8), extra: [("Cache-Control", "no-store")])
    }

    func refuseUnavailable(_ exchange: HTTPExchange) {
        statistics.refusedHandshakes += 1
        answer(exchange, status: 503, type: nil, body: [], extra: [("Retry-After", Self.retrySeconds)])
    }

    /// `isTooFast`: sessions are opened too fast, rather than too many being open.
    func refuseAddress(_ exchange: HTTPExchange, isTooFast: Bool) {
        statistics.refusedHandshakes += 1
        if isTooFast { statistics.refusedByAddressRate += 1 } else { statistics.refusedByAddress += 1 }
        let seconds = isTooFast ? Self.retrySeconds : Self.addressRetrySeconds
        answer(exchange, status: 429, type: nil, body: [], extra: [("Retry-After", seconds)])
    }

    private static let retrySeconds = "1"
    /// Long enough that a client that asks again and again costs little.
    private static let addressRetrySeconds = "10"

    /// A preflight request (Fetch standard, "CORS-preflight fetch").
    func answerPreflight(_ exchange: HTTPExchange) {
        let asked = exchange.request.headers["access-control-request-headers"]
        answer(
            exchange, status: 204, type: nil, body: [], extra: options.cors?.preflightHeaders(asked: asked) ?? [])
    }

    func refuseUnknownSession(_ exchange: HTTPExchange) {
        statistics.unknownSessions += 1
        if exchange.asksForWebSocket {
            refuseUpgrade(exchange, EngineFailure.unknownSession.message, EngineFailure.unknownSession.status)
        } else {
            refuse(exchange, .unknownSession)
        }
    }

    func refuseUpgrade(_ exchange: HTTPExchange, _ message: String, _ status: Int) {
        answer(exchange, status: status, type: "text/html", body: Array(message.utf8), extra: [("Connection", "close")])
    }
}
