import EventLoop
import Wire

/// The Engine.IO 4 endpoint under one path: verification, handshake, and the requests of known sessions.
@Loop final class EngineServer {
    let options: EngineServerOptions
    let timing: any Timing
    let pings: DeadlineQueue
    let pongs: DeadlineQueue
    let graces: DeadlineQueue
    let upgrades: DeadlineQueue
    let closings: DeadlineQueue
    let releases: DeadlineQueue
    private let races: DeadlineQueue
    var statistics = EngineServerStatistics()
    /// Where the messages of all WebSockets are unmasked; see `WebSocketTransport.streamReceived`.
    var payloadBuffer: [UInt8] = []
    /// Says no to new sessions; those that are open go on.
    var refusesHandshakes = false
    /// Asks other nodes about their sessions; without one, only sessions of this node are known.
    var relay: (any SessionRelay)?
    /// Why a handshake is refused; nil admits it.
    var admission: (@Loop (Request) -> String?)?

    /// Bytes of a payload buffer worth keeping: one large message shall not stay in memory for ever.
    static let maximumPayloadBuffer = 256 << 10

    private let makeHandler: @Loop (EngineSession, Request) -> any EngineSessionHandler
    private var sessions: [String: EngineSession] = [:]
    /// Sessions whose client said goodbye in a POST while its GET may still be on the way.
    private var racedSessions: [String: RacedSession] = [:]
    private var handshakeBucket: TokenBucket?
    private var addressBuckets: AddressBuckets?
    private let compressions: SharedCompressions?
    let bodyCompression = BodyCompression()
    var handshakePeak = SecondPeak()
    let backlog: Backlog
    let unfinished: UnfinishedInput
    private var sessionsByAddress: [String: Int] = [:]

    init(
        options: EngineServerOptions, timing: any Timing,
        makeHandler: @escaping @Loop (EngineSession, Request) -> any EngineSessionHandler
    ) {
        precondition(options.path.hasPrefix("/") && options.path.hasSuffix("/"), "a path begins and ends with a slash")
        self.options = options
        self.timing = timing
        self.makeHandler = makeHandler
        pings = DeadlineQueue(interval: options.pingInterval, timing: timing)
        pongs = DeadlineQueue(interval: options.pingTimeout, timing: timing)
        graces = DeadlineQueue(interval: EngineServerOptions.standstillGrace, timing: timing)
        upgrades = DeadlineQueue(interval: options.upgradeTimeout, timing: timing)
        closings = DeadlineQueue(interval: EngineServerOptions.pollingCloseTimeout, timing: timing)
        releases = DeadlineQueue(interval: EngineServerOptions.upgradeReleaseDelay, timing: timing)
        races = DeadlineQueue(interval: EngineServerOptions.closeRaceWindow, timing: timing)
        backlog = Backlog(limit: options.maximumBacklog)
        unfinished = UnfinishedInput(
            limit: options.maximumUnfinishedBytes, timeout: options.messageTimeout, timing: timing)
        compressions = options.messageCompression.map(SharedCompressions.init)
        handshakeBucket = options.maximumHandshakesPerSecond.map {
            TokenBucket(rate: $0, burst: $0 / 10, timing: timing)
        }
        addressBuckets = options.maximumHandshakesPerSecondPerAddress.map { AddressBuckets(rate: $0, timing: timing) }
    }

    var openSessions: [EngineSession] { sessions.values.filter(\.isOpen) }

    // MARK: Sessions

    private func makeSession(_ exchange: HTTPExchange) -> EngineSession {
        let id = options.identifiers.make()
        let session = EngineSession(
            id: id, server: self, takesBase64Only: exchange.request.query["b64"] == "1",
            address: options.maximumSessionsPerAddress.map { _ in Self.account(of: exchange.request.remoteAddress) })
        if let address = session.address { sessionsByAddress[address, default: 0] += 1 }
        sessions[id] = session
        statistics.handshakes += 1
        handshakePeak.count(now: timing.now.nanoseconds)
        statistics.sessions += 1
        session.handler = makeHandler(session, exchange.request)
        return session
    }

    func forget(_ session: EngineSession) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        statistics.sessions -= 1
        guard let address = session.address, let count = sessionsByAddress[address] else { return }
        sessionsByAddress[address] = count > 1 ? count - 1 : nil
    }

    /// An IPv4 address, or the /64 of an IPv6 one, which is what one customer of a network has.
    static func account(of address: String) -> String {
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        if halves.count == 2 {
            let rest = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - rest.count)) + rest
        }
        return groups.prefix(4).joined(separator: ":") + "::"
    }

    /// Engine.IO 4, "Handshake": exactly these five keys.
    private func openPacket(_ session: EngineSession, upgrades: String) -> [UInt8] {
        let json =
            "0{\"sid\":\"\(session.id)\",\"upgrades\":[\(upgrades)],"
            + "\"pingInterval\":\(options.pingInterval.wholeMilliseconds),"
            + "\"pingTimeout\":\(options.pingTimeout.wholeMilliseconds),\"maxPayload\":\(options.maximumPayload)}"
        return Array(json.utf8)
    }

    func expectRacingPoll(_ id: String) {
        let raced = RacedSession(id: id, server: self)
        racedSessions[id] = raced
        races.add(raced)
    }

    func forgetRace(_ id: String) {
        racedSessions.removeValue(forKey: id)?.leaveDeadlineQueue()
    }

    /// The client's GET lost the race against the POST that ended its session.
    private func answerRacingPoll(_ exchange: HTTPExchange, _ id: String) -> Bool {
        guard racedSessions[id] != nil else { return false }
        forgetRace(id)
        respond(exchange, payload: [UInt8(ascii: "6")])
        return true
    }

    // MARK: Verification (the order is that of the official server, which its suite relies on)

    private enum Verdict {
        case handshake
        case known(EngineSession)
        case foreign(SessionOwner)
        case refused(EngineFailure)
        case forbidden(String)
        /// Full, draining, or too many at once.
        case unavailable
        /// The client's address has as many sessions as it may.
        case tooManyOfAddress
        /// The client's address opens sessions faster than it may.
        case tooFastForAddress
    }

    private func verify(_ request: Request, transport: String?, isUpgrade: Bool) -> Verdict {
        guard transport == "polling" || transport == "websocket" else { return .refused(.unknownTransport) }
        if let id = request.query["sid"] {
            guard let session = sessions[id] else {
                if relay != nil, let owner = options.identifiers.owner(of: id), owner != options.identifiers.owner {
                    return .foreign(owner)
                }
                statistics.unknownSessions += 1
                return .refused(.unknownSession)
            }
            if session.isOverdue(at: timing.now.nanoseconds) {
                statistics.pingTimeouts += 1
                session.close(.pingTimeout)
                statistics.unknownSessions += 1
                return .refused(.unknownSession)
            }
            if !isUpgrade, transport != "polling" || session.webSocket != nil { return .refused(.badRequest) }
            return .known(session)
        }
        guard request.method == .get else { return .refused(.badHandshakeMethod) }
        if transport == "websocket", !isUpgrade { return .refused(.badRequest) }
        guard isAllowedOrigin(request) else { return .forbidden(EngineFailure.forbidden.message) }
        if let message = admission?(request) { return .forbidden(message) }
        guard request.query["EIO"] == "4" else { return .refused(.unsupportedProtocol) }
        if let refusal = refusal(of: request.remoteAddress) { return refusal }
        if refusesHandshakes || sessions.count >= options.maximumSessions || handshakeBucket?.take() == false {
            return .unavailable
        }
        return .handshake
    }

    private func refusal(of address: String) -> Verdict? {
        guard addressBuckets != nil || options.maximumSessionsPerAddress != nil else { return nil }
        let account = Self.account(of: address)
        if addressBuckets?.take(account) == false { return .tooFastForAddress }
        guard let limit = options.maximumSessionsPerAddress else { return nil }
        return sessionsByAddress[account, default: 0] >= limit ? .tooManyOfAddress : nil
    }

    private func isAllowedOrigin(_ request: Request) -> Bool {
        guard options.checksOrigin, let origin = request.headers["origin"] else { return true }
        if let cors = options.cors, cors.allows(origin) { return true }
        guard let host = request.headers["host"] else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }

    // MARK: WebSocket

    private func openWebSocket(_ exchange: HTTPExchange) {
        let request = exchange.request
        guard request.method == .get, let key = request.headers["sec-websocket-key"],
            request.headers["sec-websocket-version"] == "13"
        else { return refuseUpgrade(exchange, "Bad request", 400) }
        switch verify(request, transport: request.query["transport"], isUpgrade: true) {
        case .refused(let failure):
            if request.query["sid"] == nil { statistics.refusedHandshakes += 1 }
            refuseUpgrade(exchange, failure.message, 400)
        case .forbidden(let message):
            statistics.refusedHandshakes += 1
            refuseUpgrade(exchange, message, 400)
        case .unavailable:
            refuseUnavailable(exchange)
        case .foreign(let owner):
            relay(exchange, to: owner)
        case .tooManyOfAddress:
            refuseAddress(exchange, isTooFast: false)
        case .tooFastForAddress:
            refuseAddress(exchange, isTooFast: true)
        case .handshake:
            let compression = negotiate(request)
            guard let stream = takeStream(exchange, key: key, compression) else { return }
            let session = makeSession(exchange)
            let transport = WebSocketTransport(
                stream: stream, server: self, session: session, isProbe: false, compression: compression)
            let open = openPacket(session, upgrades: "")
            stream.withOutput { PollPacket.text(open).appendFramed(to: &$0) }
            statistics.webSockets += 1
            session.open(webSocket: transport)
            exchange.handOver(to: transport)
        case .known(let session):
            guard let polling = session.polling, polling.probe == nil, session.isOpen else {
                // Answered, then closed: clients of the suites have no eye for any other refusal.
                guard let stream = takeStream(exchange, key: key) else { return }
                let transport = WebSocketTransport(stream: stream, server: self)
                exchange.handOver(to: transport)
                transport.closeStream()
                return
            }
            let compression = negotiate(request)
            guard let stream = takeStream(exchange, key: key, compression) else { return }
            let transport = WebSocketTransport(
                stream: stream, server: self, session: session, isProbe: true, compression: compression)
            polling.probe = transport
            upgrades.add(transport)
            exchange.handOver(to: transport)
        }
    }

    // MARK: Other nodes' sessions

    private func relay(_ exchange: HTTPExchange, to owner: SessionOwner) {
        guard let relay else { return }
        let request = ForeignRequest(exchange, owner: owner, server: self)
        exchange.owner = request
        exchange.context = request
        relay.relay(request)
    }

    var compressionThreshold: Int { compressions?.options.threshold ?? .max }

    private func negotiate(_ request: Request) -> MessageCompression? {
        guard let compressions, request.headers.contains("sec-websocket-extensions") else { return nil }
        return compressions.accept(request.headers.values("sec-websocket-extensions"))
    }

    /// Writes the 101 (RFC 6455 section 4.2.2).
    private func takeStream(
        _ exchange: HTTPExchange, key: String, _ compression: MessageCompression? = nil
    ) -> Stream? {
        guard let stream = exchange.takeStream() else { return nil }
        let cors = options.cors?.headers(for: exchange.request.headers["origin"]) ?? []
        stream.withOutput { output in
            output.append(contentsOf: Self.switching)
            output.append(contentsOf: WebSocketHandshake.accept(key: key).utf8)
            if let compression {
                output.append(contentsOf: "\r\nSec-WebSocket-Extensions: \(compression.agreement.field)".utf8)
            }
            for (name, value) in cors {
                output.append(contentsOf: "\r\n\(name): \(value)".utf8)
            }
            output.append(contentsOf: "\r\n\r\n".utf8)
        }
        return stream
    }

    private static let switching = Array(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ".utf8)
}

extension EngineServer: HTTPMount {
    var pathPrefix: String { options.path }
    var maximumBody: Int { options.maximumPayload }

    func exchangeStarted(_ exchange: HTTPExchange) {
        let request = exchange.request
        if exchange.asksForWebSocket {
            openWebSocket(exchange)
            return
        }
        if request.method == .options {
            answerPreflight(exchange)
            return
        }
        let id = request.query["sid"]
        switch verify(request, transport: request.query["transport"], isUpgrade: false) {
        case .refused(let failure):
            if request.method == .get, failure == .unknownSession, let id, answerRacingPoll(exchange, id) { return }
            if id == nil { statistics.refusedHandshakes += 1 }
            refuse(exchange, failure)
        case .forbidden(let message):
            statistics.refusedHandshakes += 1
            refuse(exchange, .forbidden, message)
        case .unavailable:
            refuseUnavailable(exchange)
        case .foreign(let owner):
            relay(exchange, to: owner)
        case .tooManyOfAddress:
            refuseAddress(exchange, isTooFast: false)
        case .tooFastForAddress:
            refuseAddress(exchange, isTooFast: true)
        case .handshake:
            let session = makeSession(exchange)
            let polling = PollingTransport(session: session, server: self)
            session.open(polling: polling)
            let cookie = options.cookie.map { [("Set-Cookie", $0.field(session: session.id))] } ?? []
            respond(exchange, payload: openPacket(session, upgrades: "\"websocket\""), extra: cookie)
        case .known(let session):
            guard let polling = session.polling else { return refuse(exchange, .badRequest) }
            switch request.method {
            case .get:
                polling.get(exchange)
            case .post where session.isOpen:
                if request.headers["content-type"]?.hasPrefix("application/octet-stream") == true {
                    // Version 4 sends binary as text.
                    session.close(.transportError)
                    refuseEmpty(exchange)
                } else if polling.postStarted(exchange) {
                    exchange.context = polling
                }
            default:
                refuse(exchange, .badRequest)
            }
        }
    }

    func exchangeReady(_ exchange: HTTPExchange) {
        switch exchange.context {
        case let polling as PollingTransport: polling.postReady(exchange)
        case let request as ForeignRequest: request.bodyCame()
        default: break
        }
    }

    func exchangeTooLarge(_ exchange: HTTPExchange) {
        switch exchange.context {
        case let polling as PollingTransport: polling.postRefused(exchange)
        case let request as ForeignRequest: request.tooLarge()
        default: break
        }
        answer(exchange, status: 413, type: nil, body: [])
    }
}

/// A session that its client has ended; see `EngineServer.expectRacingPoll`.
@Loop private final class RacedSession: DeadlineNode {
    private let id: String
    private unowned let server: EngineServer

    init(id: String, server: EngineServer) {
        self.id = id
        self.server = server
    }

    override func deadlinePassed() {
        server.forgetRace(id)
    }
}
