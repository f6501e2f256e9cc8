import EventLoop
import Wire

/// One Engine.IO 4 session: the heartbeat, the packet rules and the way out, over whichever transport it has now.
///
/// Every open session waits in exactly one queue: for its next ping, for a pong, or, where the loop stood still when the
/// pong was due, for what it has not read yet. A pong's deadline counts from when the ping left; where no poll was held
/// that could take it, from when it was due, and requests check it too, so that a late timer prolongs no session.
@Loop final class EngineSession: DeadlineNode {
    /// Secret: whoever knows it can take the session over.
    let id: String
    /// Knows the session until it ends, which is when this circle opens.
    let server: EngineServer
    var handler: (any EngineSessionHandler)?
    private(set) var polling: PollingTransport?
    private(set) var webSocket: WebSocketTransport?
    private(set) var isOpen = true
    private var awaitsPong = false
    /// `move` waits for the outcome of an upgrade.
    private var movesAfterUpgrade = false
    /// The client asked that binary come as base64 text (`b64=1`).
    let takesBase64Only: Bool
    private var packets = FloodGate()
    private var waiting = WaitingPackets()
    /// What the session counts under; see `EngineServerOptions.maximumSessionsPerAddress`.
    let address: String?
    private var coalesced: CoalescedFrames?

    init(id: String, server: EngineServer, takesBase64Only: Bool, address: String? = nil) {
        self.id = id
        self.address = address
        self.server = server
        self.takesBase64Only = takesBase64Only
    }

    func open(polling transport: PollingTransport) {
        polling = transport
        server.pings.add(self)
    }

    func open(webSocket transport: WebSocketTransport) {
        webSocket = transport
        server.pings.add(self)
    }

    // MARK: Heartbeat (Engine.IO 4, "Heartbeat")

    override func deadlinePassed() {
        guard isOpen else {
            // The client did not fetch its last packets in time.
            server.forget(self)
            polling = nil
            return
        }
        let now = server.timing.now.nanoseconds
        if !awaitsPong {
            awaitsPong = true
            server.pongs.add(self, since: polling?.isWritable == false ? deadline : now)
            sendDigit(UInt8(ascii: "2"))
        } else if webSocket != nil, now > deadline + EngineServerOptions.standstill {
            // Timers run before sockets are read: the pong may have come in time.
            server.graces.add(self)
        } else {
            server.statistics.pingTimeouts += 1
            close(.pingTimeout)
        }
    }

    /// Whether the heartbeat has already failed although no timer has run yet.
    func isOverdue(at now: UInt64) -> Bool {
        isOpen && now >= deadline + (awaitsPong ? 0 : server.pongs.interval)
    }

    // MARK: Receiving

    /// One text packet in UTF-8, from either transport.
    func received(text: UnsafeRawBufferPointer) {
        received(text: text, for: handler)
    }

    /// `handler` is the session's, which who reads many packets at once fetches once.
    func received(text: UnsafeRawBufferPointer, for handler: (any EngineSessionHandler)?) {
        guard isOpen, admitsPacket() else { return }
        guard let type = text.first else { return close(.parseError) }
        let payload = UnsafeRawBufferPointer(rebasing: text[1...])
        switch type {
        case UInt8(ascii: "4"):
            server.statistics.messagesReceived += 1
            handler?.sessionReceived(text: payload)
        case UInt8(ascii: "3"):
            guard awaitsPong else { return }
            awaitsPong = false
            server.pings.add(self)
        case UInt8(ascii: "1"):
            close(.transportClose)
        case UInt8(ascii: "2"):
            // In version 4 only the server pings.
            close(.transportError)
        case UInt8(ascii: "0"), UInt8(ascii: "5"), UInt8(ascii: "6"):
            break
        case UInt8(ascii: "b"):
            let octets = payload.octets.span
            guard let bytes = Base64.decode(octets, in: 0..<octets.count) else { return close(.parseError) }
            server.statistics.messagesReceived += 1
            bytes.withUnsafeBytes { handler?.sessionReceived(binary: $0) }
        default:
            close(.parseError)
        }
    }

    @inline(__always)
    private func admitsPacket() -> Bool {
        guard let limit = server.options.maximumPacketsPerSecond, !packets.admits(limit, server.timing) else {
            return true
        }
        server.statistics.floods += 1
        close(.flood)
        return false
    }

    func received(binary: UnsafeRawBufferPointer) {
        guard isOpen, admitsPacket() else { return }
        server.statistics.messagesReceived += 1
        handler?.sessionReceived(binary: binary)
    }

    // MARK: Sending

    /// Bytes that wait for the client in this process.
    var queuedBytes: Int {
        if let webSocket { return webSocket.stream.queuedBytes }
        return polling?.queuedBytes ?? 0
    }

    /// Where text frames go as they are, while nothing waits; nil where polls or compression are.
    var plainStream: Stream? {
        guard isOpen, let webSocket, webSocket.compression == nil else { return nil }
        return webSocket.stream
    }

    /// Whether the client's queue is not half full yet: for who has much to send and waits meanwhile.
    var hasRoom: Bool {
        let options = server.options
        let packets = polling?.queuedPackets ?? waiting.count
        return queuedBytes < options.maximumQueuedBytes / 2 && packets < max(options.maximumQueuedPackets / 2, 1)
    }

    /// A text packet of `length` bytes, Engine.IO digit included, that `write` appends; its attachments follow.
    func send(
        length: Int, attachments: [[UInt8]], volatile: Bool, compress: Bool = true,
        _ write: (inout OutputSpan<UInt8>) -> Void
    ) {
        let total = attachments.isEmpty ? length : attachments.reduce(length) { $0 + $1.count }
        guard isOpen else { return }
        if let webSocket {
            guard admits(total, volatile: volatile, over: webSocket) else { return }
            server.statistics.messagesSent += 1
            if compress, webSocket.compresses(length) {
                webSocket.sendCompressed(.text, length: length, write)
            } else {
                webSocket.stream.withOutput(adding: WebSocketEncoder.maximumHeader + length) { output in
                    WebSocketEncoder.appendHeader(.text, length: length, to: &output)
                    write(&output)
                }
            }
            for attachment in attachments { sendAttachment(attachment, over: webSocket, compress: compress) }
        } else if let polling {
            guard admits(total, volatile: volatile) else { return }
            server.statistics.messagesSent += 1
            var bytes: [UInt8] = []
            bytes.append(addingCapacity: length, initializingWith: write)
            polling.enqueue(.text(bytes), compresses: compress)
            for attachment in attachments { polling.enqueue(.binary(attachment), compresses: compress) }
        }
    }

    func send(_ frame: EncodedFrame, volatile: Bool, compress: Bool = true) {
        guard isOpen else { return }
        if let webSocket {
            guard admits(frame.webSocketBytes.count, volatile: volatile, over: webSocket) else { return }
            server.statistics.messagesSent += 1
            if takesBase64Only, !frame.attachments.isEmpty {
                webSocket.stream.withOutput { PollPacket.frame(frame).appendFramed(to: &$0) }
                for attachment in frame.attachments { sendAttachment(attachment, over: webSocket, compress: compress) }
            } else if compress, webSocket.compression != nil, let bytes = webSocket.compressed(frame) {
                webSocket.stream.write(bytes)
            } else {
                webSocket.stream.write(frame.webSocketBytes)
            }
        } else if let polling {
            guard admits(frame.webSocketBytes.count, volatile: volatile) else { return }
            server.statistics.messagesSent += 1
            polling.enqueue(.frame(frame), compresses: compress)
            for index in frame.attachments.indices {
                polling.enqueue(.attachment(frame, index), compresses: compress)
            }
        }
    }

    /// One binary message.
    func send(binary bytes: [UInt8]) {
        guard isOpen, admits(bytes.count, volatile: false) else { return }
        server.statistics.messagesSent += 1
        if let webSocket {
            sendAttachment(bytes, over: webSocket, compress: true)
        } else {
            polling?.enqueue(.binary(bytes), compresses: true)
        }
    }

    private func sendAttachment(_ bytes: [UInt8], over webSocket: WebSocketTransport, compress: Bool) {
        if compress, !takesBase64Only, webSocket.compresses(bytes.count) {
            return webSocket.sendCompressed(.binary, length: bytes.count) { $0.append(contentsOf: bytes) }
        }
        webSocket.stream.withOutput { output in
            if takesBase64Only {
                var text: [UInt8] = []
                PollPacket.binary(bytes).appendPolled(to: &text)
                PollPacket.text(text).appendFramed(to: &output)
            } else {
                PollPacket.binary(bytes).appendFramed(to: &output)
            }
        }
    }

    private func sendDigit(_ digit: UInt8) {
        if let webSocket {
            webSocket.stream.withOutput { output in
                WebSocketEncoder.appendHeader(.text, length: 1, to: &output)
                output.append(digit)
            }
        } else {
            polling?.enqueue(.text([digit]), compresses: false)
        }
    }

    /// `admits` for the usual case, in which little waits and the system takes all.
    @inline(__always)
    private func admits(_ bytes: Int, volatile: Bool, over webSocket: WebSocketTransport) -> Bool {
        webSocket.stream.takesNow(bytes, within: server.options.volatileQueueLimit)
            || admits(bytes, volatile: volatile)
    }

    /// Applies the bounds of the client's queue: a volatile message is dropped when the client takes nothing right now,
    /// any other that does not fit ends the session.
    private func admits(_ bytes: Int, volatile: Bool) -> Bool {
        if volatile, isBehind {
            server.statistics.volatileDropped += 1
            return false
        }
        var queued = queuedBytes
        let isFullOfPackets = addsTooMany(bytes, behind: queued)
        guard queued + bytes > server.options.volatileQueueLimit || isFullOfPackets else { return true }
        if let webSocket {
            // What one turn of the loop makes may be more than a queue holds and still find a client that reads.
            webSocket.stream.flushNow()
            queued = queuedBytes
        }
        // One message may be larger than the queue when nothing else waits.
        if queued > 0, queued + bytes > server.options.maximumQueuedBytes || isFullOfPackets {
            if queued + bytes <= server.options.maximumQueuedBytes { server.statistics.slowByPackets += 1 }
            endAsSlow()
            return false
        }
        if queued > 0 { server.backlog.note(self, queued + bytes) }
        return isOpen
    }

    /// The client takes nothing right now: no poll is held, or its connection is full.
    private var isBehind: Bool {
        if let webSocket {
            return webSocket.stream.isBackedUp || webSocket.stream.queuedBytes > server.options.volatileQueueLimit
        }
        return polling?.isWritable != true
    }

    /// Too much waits for the client.
    func endAsSlow() {
        guard isOpen else { return }
        server.statistics.slowConsumers += 1
        close(.slowConsumer)
    }

    /// Sends `frame` now, or once the client is no longer behind, unless another with the same key has come by then.
    func send(_ frame: EncodedFrame, coalescing key: String) {
        guard isOpen else { return }
        if isBehind, let webSocket { webSocket.stream.flushNow() }
        guard isBehind else { return send(frame, volatile: false) }
        let frames = coalesced ?? CoalescedFrames()
        coalesced = frames
        if !frames.keep(frame, key: key) { server.statistics.coalesced += 1 }
    }

    /// Nothing waits for the client any more.
    func drained() {
        waiting = WaitingPackets()
        server.backlog.forget(self)
        sendCoalesced()
        handler?.sessionDrained()
    }

    /// A poll is held.
    func becameWritable() { sendCoalesced() }

    private func sendCoalesced() {
        guard let frames = coalesced?.take() else { return }
        coalesced = nil
        for frame in frames { send(frame, volatile: false) }
    }

    /// Counts one packet more; true: there are too many.
    private func addsTooMany(_ bytes: Int, behind queued: Int) -> Bool {
        if let polling { return polling.queuedPackets >= server.options.maximumQueuedPackets }
        guard let webSocket, webSocket.stream.isBackedUp else { return false }
        waiting.add(bytes, behind: queued)
        return waiting.count > server.options.maximumQueuedPackets
    }

    // MARK: Upgrade

    /// The probing WebSocket sent its `5`: what waited for polls goes out on it, first.
    func upgrade(to transport: WebSocketTransport) {
        guard isOpen, let polling else { return transport.closeStream() }
        self.polling = nil
        webSocket = transport
        polling.surrender(to: transport)
        server.statistics.upgrades += 1
        server.statistics.webSockets += 1
        sendCoalesced()
        handler?.sessionUpgraded()
        if movesAfterUpgrade { close(.serverShuttingDown) }
    }

    /// The probing WebSocket is gone: the session goes on with polling.
    func upgradeFailed() {
        if movesAfterUpgrade { close(.serverShuttingDown) }
    }

    // MARK: End

    /// Ends the session so that its client connects anew. In the middle of an upgrade its outcome comes first: the official
    /// client, once its probe is answered, polls no more, and would miss the end of the session until its ping timeout.
    func move() {
        if polling?.probe?.isProbed == true {
            movesAfterUpgrade = true
        } else {
            close(.serverShuttingDown)
        }
    }

    /// Ends the session from either side; `handler` hears of it once.
    func close(_ reason: EngineCloseReason) {
        guard isOpen else { return }
        isOpen = false
        leaveDeadlineQueue()
        coalesced = nil
        server.backlog.forget(self)
        let handler = handler
        self.handler = nil
        if let webSocket {
            self.webSocket = nil
            server.statistics.webSockets -= 1
            webSocket.sessionClosed(reason)
            server.forget(self)
        } else if let polling {
            if polling.sessionClosed(reason) {
                // Something still waits for the client's next poll, at least the close packet.
                server.closings.add(self)
            } else {
                self.polling = nil
                server.forget(self)
            }
        }
        handler?.sessionClosed(reason)
    }

    /// The last packets were fetched.
    func finishedPolling() {
        leaveDeadlineQueue()
        polling = nil
        server.forget(self)
    }
}
