import EventLoop
import Wire

/// One HTTP/1.1 connection (RFC 9112). Requests are served one after the other, so that pipelined ones are answered in
/// order; what comes while an answer is pending waits, up to a bound.
@Loop final class HTTPConnection: DeadlineNode {
    private enum Phase {
        /// Between requests, or inside a head.
        case head
        /// Inside the body of a request.
        case body
        /// The request is whole, its answer pending.
        case answering
        /// The last answer is written; what still comes is dropped.
        case lingering
        /// Another protocol has the stream, or it is closed.
        case gone
    }

    let stream: Stream
    private let server: HTTPServer
    /// Of one that another node passes on: what that node says of the client.
    private let origin: RequestOrigin?
    /// Place in the server's list.
    var index = 0

    private var phase = Phase.head
    private var parser: HTTPRequestParser
    /// Input behind a request whose answer is pending.
    private var waiting: [UInt8] = []
    private var isPaused = false
    private var peerEnded = false
    private var servedAny = false

    // The request in work.
    private var request: Request?
    private var route: Router.Route?
    private var mount: (any HTTPMount)?
    private var exchange: HTTPExchange?
    private var bodyLimit = 0
    private var keepsAlive = true
    private var isHTTP10 = false
    /// The answer went out before the body was whole; the rest of it is dropped.
    private var isAnswered = false
    /// Counts requests, so that a late answer finds out that it is late.
    private var number = 0
    private var startedAt: UInt64 = 0
    private var successor: (any StreamHandler)?
    private var lingerRounds = 0

    init(stream: Stream, server: HTTPServer, origin: RequestOrigin? = nil) {
        self.stream = stream
        self.server = server
        self.origin = origin
        let options = server.options
        parser = HTTPRequestParser(
            limits: HTTPLimits(head: options.maximumHead, target: options.maximumTarget, body: options.maximumBody))
    }

    // MARK: Input

    /// Takes what can be taken now; returns how many bytes that was.
    private func consume(_ input: Span<UInt8>) -> Int {
        var offset = 0
        while phase == .head || phase == .body {
            do throws(WireError) {
                switch try parser.next(input, &offset) {
                case .needsMore:
                    if phase == .head, offset > 0, parser.isInsideRequest, deadlineQueue !== server.heads {
                        server.heads.add(self)
                    }
                    return input.count
                case .head(let head): begin(head)
                case .body(let range): collect(input, range)
                case .end: bodyEnded()
                }
            } catch {
                refuse(error)
            }
        }
        return offset
    }

    private func takeWaiting() {
        while phase == .head, !waiting.isEmpty {
            var input: [UInt8] = []
            swap(&input, &waiting)
            let used = consume(input.span)
            guard used < input.count, phase != .lingering, phase != .gone else { continue }
            // While `consume` ran nothing was read, so `waiting` is empty.
            waiting = used == 0 ? input : Array(input[used...])
            if phase == .head, used == 0 { break }
        }
        if isPaused, waiting.count < HTTPServerOptions.maximumPipelinedBytes, phase != .gone {
            isPaused = false
            stream.resumeReading()
        }
        if peerEnded, phase == .head { stream.close(.peerClosed) }
    }

    private func begin(_ head: HTTPRequestHead) {
        number += 1
        servedAny = true
        startedAt = server.timing.now.nanoseconds
        server.counters.requests += 1
        keepsAlive = head.keepsAlive && !peerEnded
        isHTTP10 = head.version == .http10
        let request = makeRequest(head)
        self.request = request
        // Without a body its end is the parser's next word.
        phase = .body
        leaveDeadlineQueue()
        if head.framing != .none, head.framing != .length(0) { server.bodies.add(self) }
        if let mount = server.mount(for: request) {
            beginMounted(mount, request, head)
        } else {
            beginRouted(request, head)
        }
    }

    private func makeRequest(_ head: HTTPRequestHead) -> Request {
        let peer = stream.remoteAddress
        var address = origin?.remoteAddress ?? peer
        var isSecure = origin?.isSecure ?? false
        if origin == nil, server.isTrusted(peer) {
            if let forwarded = head.headers["x-forwarded-for"] {
                address = Forwarding.client(forwarded, isTrusted: server.isTrusted) ?? peer
            }
            isSecure = head.headers["x-forwarded-proto"] == "https"
        }
        var correlation = origin?.correlationID ?? head.headers["x-correlation-id"] ?? ""
        if !CorrelationNames.isAcceptable(correlation) { correlation = server.makeCorrelationID() }
        var target = head.target
        if target.utf8.first != UInt8(ascii: "/") {
            let parts = HTTPTarget(target)
            target = String(parts.path) + (parts.rawQuery.map { "?" + $0 } ?? "")
        }
        return Request(
            method: head.method, target: target, headers: head.headers, remoteAddress: address, isSecure: isSecure,
            correlationID: correlation)
    }

    private func beginMounted(_ mount: any HTTPMount, _ request: Request, _ head: HTTPRequestHead) {
        let exchange = HTTPExchange(
            request: request, connection: self,
            asksForWebSocket: head.asksForUpgrade && head.headers.contains("upgrade", token: "websocket"))
        self.mount = mount
        self.exchange = exchange
        bodyLimit = mount.maximumBody
        mount.exchangeStarted(exchange)
        guard phase == .body, self.exchange === exchange else { return }
        if case .length(let length) = head.framing, length > bodyLimit {
            mount.exchangeTooLarge(exchange)
        } else if head.expectsContinue {
            stream.withOutput { HTTPEncoder.appendContinue(to: &$0) }
        }
    }

    private func beginRouted(_ request: Request, _ head: HTTPRequestHead) {
        bodyLimit = server.options.maximumBody
        switch request.withPath({ server.router.match(request.method, $0) }) {
        case .found(let route, let values):
            self.route = route
            self.request?.pattern = route.pattern
            if !values.isEmpty {
                self.request?.parameters = PathParameters(names: route.parameterNames, values: values)
            }
            if case .length(let length) = head.framing, length > bodyLimit {
                refuse(413)
            } else if head.expectsContinue {
                stream.withOutput { HTTPEncoder.appendContinue(to: &$0) }
            }
        case .wrongMethod(let allowed):
            let list = allowed.map(\.name).sorted().joined(separator: ", ")
            if request.method == .options {
                var response = Response.empty(204)
                response.headers.append("Allow", list + ", OPTIONS")
                if let cors = server.options.cors, request.headers.contains("access-control-request-method") {
                    let asked = request.headers["access-control-request-headers"]
                    for (name, value) in cors.preflightHeaders(asked: asked) { response.headers.append(name, value) }
                }
                answer(response)
            } else {
                var response = server.failure(405, request)
                response.headers["Allow"] = list
                answer(response)
            }
        case .notFound:
            answer(server.failure(404, request))
        }
    }

    private func collect(_ input: Span<UInt8>, _ range: Range<Int>) {
        guard !isAnswered else { return }
        if let exchange {
            if exchange.request.body.count + range.count > bodyLimit {
                mount?.exchangeTooLarge(exchange)
            } else {
                exchange.request.body.append(copying: input, range)
            }
        } else if route != nil {
            request?.body.append(copying: input, range)
        }
    }

    private func bodyEnded() {
        leaveDeadlineQueue()
        guard !isAnswered else { return finished() }
        phase = .answering
        if let exchange {
            mount?.exchangeReady(exchange)
        } else if let route, let request {
            dispatch(route, request)
        }
    }

    private func dispatch(_ route: Router.Route, _ request: Request) {
        switch route.action {
        case .now(let handler):
            answer(handler(request))
        case .later(let handler):
            let number = number
            Loop.start {
                let response = await handler(request)
                guard self.number == number, self.phase == .answering else { return }
                self.answer(response)
                self.takeWaiting()
            }
        }
    }

    // MARK: Output

    /// The answer of a mounted path.
    func respond(_ response: Response, to exchange: HTTPExchange) {
        guard self.exchange === exchange else { return }
        if response.status == 413 { keepsAlive = false }
        let isInsideConsume = phase == .body
        answer(response)
        guard !isInsideConsume, !waiting.isEmpty || peerEnded else { return }
        // Not from here: the mount may be in the middle of something.
        Loop.atTurnEnd { [weak self] in self?.takeWaiting() }
    }

    private func answer(_ response: Response) {
        guard phase == .body || phase == .answering, !isAnswered else { return }
        if server.isDraining { keepsAlive = false }
        write(response)
        if let request, route != nil { server.onAnswer?(request, response.status, startedAt) }
        if !keepsAlive {
            linger()
        } else if phase == .body {
            isAnswered = true
        } else {
            finished()
        }
    }

    /// Ready for the next request.
    private func finished() {
        request = nil
        route = nil
        mount = nil
        exchange = nil
        isAnswered = false
        phase = .head
        server.idles.add(self)
    }

    private func refuse(_ status: Int) {
        keepsAlive = false
        answer(server.failure(status, request))
    }

    /// The input is no HTTP, or too much of it: where a next request would begin is not known.
    private func refuse(_ error: WireError) {
        guard phase == .head || phase == .body else { return }
        server.counters.invalidRequests += 1
        keepsAlive = false
        let status: Int
        if case .http(let fault) = error { status = fault.status } else { status = 400 }
        refuseInput(status)
    }

    private func refuseInput(_ status: Int) {
        keepsAlive = false
        guard !isAnswered else { return linger() }
        if status == 413, let mount, let exchange {
            mount.exchangeTooLarge(exchange)
            if phase == .lingering { return }
        }
        exchange?.aborted()
        let correlation = request?.correlationID ?? server.makeCorrelationID()
        write(server.failure(status, request, correlationID: correlation), correlationID: correlation)
        linger()
    }

    private func write(_ response: Response, correlationID: String? = nil) {
        var response = response
        if response.status == 101 || !(200...599).contains(response.status) { response = server.failure(500, request) }
        server.counters.answersByClass[response.status / 100] += 1
        if mount == nil, let cors = server.options.cors {
            for (name, value) in cors.headers(for: request?.headers["origin"]) { response.headers.append(name, value) }
        }
        let isBodiless = HTTPStatus.isBodiless(response.status)
        let framing: HTTPBodyFraming = isBodiless ? .none : .length(response.body.count)
        let sendsBody = !isBodiless && request?.method != .head
        let correlation = request?.correlationID ?? correlationID ?? server.makeCorrelationID()
        stream.withOutput { output in
            do throws(WireError) {
                try HTTPEncoder.appendHead(
                    status: response.status, headers: response.headers, framing: framing,
                    persistence: !keepsAlive ? .close : isHTTP10 ? .keepAlive : .implied, to: &output)
            } catch {
                // A field made of text that would break the head: nothing was written yet.
                keepsAlive = false
                output.append(contentsOf: Self.brokenHead)
                return
            }
            // The connection's own fields go before the empty line.
            output.removeLast(2)
            server.appendDate(to: &output)
            output.append(contentsOf: Self.correlationField)
            output.append(contentsOf: correlation.utf8)
            output.append(contentsOf: Self.headEnd)
            if sendsBody { output.append(contentsOf: response.body) }
        }
    }

    private static let correlationField = Array("X-Correlation-ID: ".utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let brokenHead = Array(
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".utf8)

    // MARK: Ends

    /// Closes our half after what is queued, and drops what still comes, so that a reset does not overtake the answer.
    private func linger() {
        phase = .lingering
        request = nil
        route = nil
        mount = nil
        exchange = nil
        waiting = []
        stream.shutdownWrites()
        if isPaused { stream.resumeReading() }
        if peerEnded { stream.closeAfterFlush() } else { server.lingers.add(self) }
    }

    func closeIfIdle() {
        if phase == .head, servedAny, !parser.isInsideRequest { stream.close(.named("draining")) }
    }

    func handOver(to transport: any StreamHandler) {
        phase = .gone
        leaveDeadlineQueue()
        request = nil
        mount = nil
        exchange = nil
        successor = transport
        stream.handler = transport
        server.remove(self)
        if isPaused { stream.resumeReading() }
        guard !waiting.isEmpty else { return }
        // It came behind the request while its answer was pending.
        let early = waiting
        waiting = []
        early.withUnsafeBytes { transport.streamReceived($0) }
    }

    override func deadlinePassed() {
        switch phase {
        case .head where servedAny && !parser.isInsideRequest:
            stream.close(.named("idle"))
        case .head, .body:
            server.counters.timeouts += 1
            refuseInput(408)
        case .lingering:
            // A slow reader of a large answer gets longer than one who only holds the connection.
            lingerRounds += 1
            if stream.queuedBytes > 0, lingerRounds < Self.maximumLingerRounds {
                server.lingers.add(self)
            } else {
                stream.close(.local)
            }
        case .answering, .gone:
            break
        }
    }

    /// Times the linger timeout that the last answer's bytes may take to leave.
    private static let maximumLingerRounds = 15
}

extension HTTPConnection: HTTPExchangeConnection {
    var exchangeStream: Stream? { stream }

    func abandon(_ exchange: HTTPExchange) {
        stream.close(.local)
    }
}

extension HTTPConnection: StreamHandler {
    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        switch phase {
        case .lingering:
            return
        case .answering:
            waiting.append(contentsOf: bytes)
            if waiting.count > HTTPServerOptions.maximumPipelinedBytes, !isPaused {
                isPaused = true
                stream.pauseReading()
            }
        case .head, .body:
            if waiting.isEmpty {
                let used = consume(bytes.octets.span)
                guard used < bytes.count else { return }
                if let successor {
                    successor.streamReceived(UnsafeRawBufferPointer(rebasing: bytes[used...]))
                } else if phase != .lingering, phase != .gone {
                    waiting.append(contentsOf: bytes[used...])
                }
            } else {
                waiting.append(contentsOf: bytes)
                takeWaiting()
            }
        case .gone:
            successor?.streamReceived(bytes)
        }
    }

    func streamReachedEnd() {
        peerEnded = true
        switch phase {
        case .head, .body, .lingering, .gone:
            stream.closeAfterFlush()
        case .answering:
            keepsAlive = false
            if let exchange {
                exchange.aborted()
                stream.close(.peerClosed)
            }
        }
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        guard phase != .gone else { return }
        phase = .gone
        number += 1
        leaveDeadlineQueue()
        let exchange = exchange
        self.exchange = nil
        request = nil
        route = nil
        exchange?.aborted()
        server.remove(self)
    }
}
