import EventLoop

/// HTTP long polling (Engine.IO 4): one GET held while there is nothing to send, one POST at a time.
@Loop final class PollingTransport: DeadlineNode {
    /// Lets go of this transport when it ends.
    private let session: EngineSession
    private let server: EngineServer
    private var heldPoll: HTTPExchange?
    private var runningPost: HTTPExchange?
    private var packets: [PollPacket.Queued] = []
    private(set) var queuedBytes = 0
    /// The WebSocket of an upgrade that has not finished.
    var probe: WebSocketTransport?
    private var isFlushScheduled = false

    init(session: EngineSession, server: EngineServer) {
        self.session = session
        self.server = server
    }

    var queuedPackets: Int { packets.count }
    /// Whether the client waits for something right now.
    var isWritable: Bool { heldPoll != nil }

    func enqueue(_ packet: PollPacket, compresses: Bool) {
        packets.append(PollPacket.Queued(packet: packet, compresses: compresses))
        queuedBytes += packet.count
        guard heldPoll != nil, !isFlushScheduled else { return }
        // At the end of the turn: one answer carries all that this turn brings.
        isFlushScheduled = true
        Loop.atTurnEnd { [weak self] in
            self?.isFlushScheduled = false
            self?.flush()
        }
    }

    private func flush() {
        guard let poll = heldPoll, !packets.isEmpty else { return }
        release(poll)
        answer(poll)
    }

    private func release(_ poll: HTTPExchange) {
        heldPoll = nil
        poll.owner = nil
        leaveDeadlineQueue()
    }

    private func answer(_ poll: HTTPExchange) {
        let count = min(packets.count, EngineServerOptions.maximumPacketsPerPoll)
        var body: [UInt8] = []
        var compresses = false
        for (index, queued) in packets[..<count].enumerated() {
            if index > 0 { body.append(0x1e) }
            queued.packet.appendPolled(to: &body)
            queuedBytes -= queued.packet.count
            if queued.compresses { compresses = true }
        }
        packets.removeFirst(count)
        server.respond(poll, payload: body, compresses: compresses)
        if packets.isEmpty { session.drained() }
    }

    // MARK: Requests

    func get(_ exchange: HTTPExchange) {
        if !session.isOpen {
            // The close packet is the last of what waits.
            answer(exchange)
            if packets.isEmpty { session.finishedPolling() }
            return
        }
        if heldPoll != nil {
            session.close(.transportError)
            server.refuseEmpty(exchange)
            return
        }
        if !packets.isEmpty {
            answer(exchange)
            return
        }
        heldPoll = exchange
        exchange.owner = self
        session.becameWritable()
        if probe?.isProbed == true { server.releases.add(self) }
    }

    /// The probe was answered: a client that wants to go on needs its poll back.
    func probed() {
        if heldPoll != nil { server.releases.add(self) }
    }

    /// An upgrade is under way and the poll was held long enough.
    override func deadlinePassed() {
        guard let poll = heldPoll else { return }
        release(poll)
        server.respond(poll, payload: [UInt8(ascii: "6")])
    }

    /// The head of a POST has come. False: the exchange was answered.
    func postStarted(_ exchange: HTTPExchange) -> Bool {
        if let runningPost {
            self.runningPost = nil
            runningPost.owner = nil
            runningPost.abandon()
            session.close(.transportError)
            server.refuseEmpty(exchange)
            return false
        }
        runningPost = exchange
        exchange.owner = self
        return true
    }

    func postReady(_ exchange: HTTPExchange) {
        guard runningPost === exchange else { return }
        runningPost = nil
        exchange.owner = nil
        let body = exchange.request.body
        // The session may have ended while the body was on its way.
        var isMalformed = !session.isOpen
        if (try? UTF8Span(validating: body.span)) == nil {
            session.close(.parseError)
            isMalformed = true
        }
        body.withUnsafeBytes { bytes in
            var start = 0
            // A separator at the very end leaves an empty packet, which is one too many; an empty body holds none.
            while start <= bytes.count, !bytes.isEmpty, session.isOpen {
                var end = start
                while end < bytes.count, bytes[end] != 0x1e { end += 1 }
                let packet = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                let isClose = packet.first == UInt8(ascii: "1")
                session.received(text: packet)
                if !session.isOpen, !isClose { isMalformed = true }
                start = end + 1
            }
        }
        if isMalformed {
            server.refuseEmpty(exchange)
        } else {
            server.acceptPost(exchange)
        }
    }

    /// The body was larger than a payload may be: this request alone fails.
    func postRefused(_ exchange: HTTPExchange) {
        guard runningPost === exchange else { return }
        runningPost = nil
        exchange.owner = nil
    }

    // MARK: Ends

    /// What waits goes to the WebSocket; a poll still held has come too late.
    func surrender(to transport: WebSocketTransport) {
        probe = nil
        if let poll = heldPoll {
            release(poll)
            server.refuse(poll, .badRequest)
        }
        for queued in packets {
            transport.stream.withOutput { queued.packet.appendFramed(to: &$0) }
        }
        packets = []
        queuedBytes = 0
    }

    /// Whether something is left that the client's next poll shall fetch.
    func sessionClosed(_ reason: EngineCloseReason) -> Bool {
        probe?.closeStream()
        probe = nil
        switch reason {
        case .transportClose:
            if let poll = heldPoll {
                release(poll)
                server.respond(poll, payload: [UInt8(ascii: "6")])
            } else {
                server.expectRacingPoll(session.id)
            }
            return false
        case .forcedClose, .connectTimeout, .serverShuttingDown:
            // A close packet ends some clients for good (python-engineio does not reconnect after one). One that shall
            // move is told by its next poll that the session is unknown, after which every client reconnects.
            let last: PollPacket = .text([reason == .serverShuttingDown ? UInt8(ascii: "6") : UInt8(ascii: "1")])
            packets.append(PollPacket.Queued(packet: last, compresses: false))
            queuedBytes += 1
            if let poll = heldPoll {
                release(poll)
                answer(poll)
            }
            return !packets.isEmpty
        case .transportError, .pingTimeout, .parseError, .invalidMessage, .invalidState, .unfinishedMessage,
            .attachmentsTooLarge,
            .slowConsumer, .flood:
            if let poll = heldPoll {
                release(poll)
                server.respond(poll, payload: [UInt8(ascii: "1")])
            }
            return false
        }
    }
}

extension PollingTransport: HTTPExchangeOwner {
    /// The client went away with its request.
    func exchangeAborted(_ exchange: HTTPExchange) {
        if heldPoll === exchange {
            heldPoll = nil
            leaveDeadlineQueue()
        }
        if runningPost === exchange { runningPost = nil }
        session.close(.transportError)
    }
}
