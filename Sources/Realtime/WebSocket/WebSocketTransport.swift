import EventLoop
import Wire

/// The server's end of one WebSocket (RFC 6455), carrying an Engine.IO session or still probing for one.
@Loop final class WebSocketTransport: DeadlineNode {
    private enum Phase {
        /// Opened with the id of a session on polling; no probe has come.
        case probing
        case probed
        case open
        case closed
    }

    let stream: Stream
    private let server: EngineServer
    private var session: EngineSession?
    private var phase: Phase
    private var decoder: WebSocketDecoder
    /// nil: messages go out as they are.
    let compression: MessageCompression?
    private var controlFrames = FloodGate()
    /// Bytes of a message that is not whole.
    private var unfinished = 0

    init(
        stream: Stream, server: EngineServer, session: EngineSession, isProbe: Bool,
        compression: MessageCompression? = nil
    ) {
        self.stream = stream
        self.server = server
        self.session = session
        self.compression = compression
        phase = isProbe ? .probing : .open
        decoder = WebSocketDecoder(
            role: .server, maximumMessage: server.options.maximumPayload, allowsCompression: compression != nil)
    }

    /// A WebSocket that is only to be closed.
    init(stream: Stream, server: EngineServer) {
        self.stream = stream
        self.server = server
        compression = nil
        phase = .closed
        decoder = WebSocketDecoder(role: .server, maximumMessage: 0)
    }

    var isProbed: Bool { phase == .probed }

    // MARK: Frames

    private func receive(_ event: WebSocketEvent, _ payload: [UInt8]) {
        switch event {
        case .needsMore:
            break
        case .pong:
            _ = admitsControlFrame()
        case .text(isCompressed: true), .binary(isCompressed: true):
            decompress(event, payload)
        case .text:
            payload.withUnsafeBytes { message(isText: true, $0) }
        case .binary:
            payload.withUnsafeBytes { message(isText: false, $0) }
        case .ping:
            // One who pings and does not read gets no more pongs than fit.
            guard admitsControlFrame(), stream.queuedBytes < server.options.volatileQueueLimit else { return }
            stream.withOutput { WebSocketEncoder.appendFrame(.pong, payload, to: &$0) }
        case .close(let code):
            // RFC 6455 section 5.5.1: the code is sent back, and both ends are done.
            sendClose(code ?? WebSocketCloseCode.normal)
            ended(.transportClose)
        }
    }

    /// The short texts at `offset`, as nearly all messages are.
    @inline(__always)
    private func receiveShortTexts(_ input: Span<UInt8>, _ offset: inout Int) {
        guard phase == .open, let session else { return }
        let handler = session.handler
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: WebSocketDecoder.shortText) { buffer in
            while phase == .open {
                var text = buffer.mutableSpan
                guard let count = decoder.takeShortText(input, &offset, into: &text) else { return }
                session.received(
                    text: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), for: handler)
            }
        }
    }

    /// Ends who sends nothing but these.
    private func admitsControlFrame() -> Bool {
        if controlFrames.admits(EngineServerOptions.maximumControlFramesPerSecond, server.timing) { return true }
        server.statistics.floods += 1
        sendClose(WebSocketCloseCode.policyViolation)
        ended(.flood)
        return false
    }

    /// RFC 7692 section 7.2.2. What it makes is bounded as an uncompressed message is.
    private func decompress(_ event: WebSocketEvent, _ payload: [UInt8]) {
        guard let compression else { return }
        let isText = event == .text(isCompressed: true)
        do throws(Inflater.Failure) {
            let whole = try compression.decompress(payload, limit: server.options.maximumPayload)
            var validator = UTF8Validator()
            guard !isText || validator.accept(whole.span) && validator.isComplete else {
                return fail(.webSocket(.invalidUTF8))
            }
            server.statistics.inflatedMessages += 1
            whole.withUnsafeBytes { message(isText: isText, $0) }
        } catch {
            server.statistics.refusedInflations += 1
            fail(.webSocket(error == .tooLarge ? .messageTooLarge : .invalidCompression))
        }
    }

    private func message(isText: Bool, _ payload: UnsafeRawBufferPointer) {
        guard let session else { return }
        switch phase {
        case .open:
            if isText {
                session.received(text: payload)
            } else {
                session.received(binary: payload)
            }
        case .probing:
            guard isText, payload.elementsEqual("2probe".utf8) else { return abandonProbe() }
            phase = .probed
            stream.withOutput { output in
                WebSocketEncoder.appendHeader(.text, length: 6, to: &output)
                output.append(contentsOf: "3probe".utf8)
            }
            session.polling?.probed()
        case .probed:
            guard isText, payload.elementsEqual("5".utf8) else { return abandonProbe() }
            leaveDeadlineQueue()
            phase = .open
            session.upgrade(to: self)
        case .closed:
            break
        }
    }

    // MARK: Compression

    /// Whether a message of so many bytes goes compressed, unless its packet says otherwise.
    func compresses(_ count: Int) -> Bool {
        compression != nil && count >= server.compressionThreshold
    }

    /// A message of `length` bytes that `write` appends.
    func sendCompressed(_ opcode: WebSocketOpcode, length: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        guard let compression else { return }
        var message: [UInt8] = []
        message.append(addingCapacity: length, initializingWith: write)
        stream.withOutput { output in
            message.withUnsafeBytes { bytes in
                if compression.appendFrame(opcode, bytes, to: &output) { server.statistics.deflatedMessages += 1 }
            }
        }
    }

    /// nil: the frame goes as it is.
    func compressed(_ frame: EncodedFrame) -> [UInt8]? {
        guard let compression,
            let bytes = frame.bytes(compressedBy: compression, from: server.compressionThreshold)
        else { return nil }
        server.statistics.deflatedMessages += 1
        return bytes
    }

    // MARK: Ends

    /// The upgrade took too long, or a message.
    override func deadlinePassed() {
        if phase == .open { endUnfinished() } else { abandonProbe() }
    }

    /// Counts what the decoder has of a message that is not whole. `isAnother`: it is not the one that was last noted.
    private func noteUnfinished(isAnother: Bool) {
        let gathered = decoder.gatheredBytes
        let added = gathered - unfinished
        unfinished = gathered
        guard server.unfinished.add(added) || added <= 0 else { return endUnfinished() }
        // Until the upgrade is over its own deadline counts.
        guard phase == .open else { return }
        if gathered == 0 {
            leaveDeadlineQueue()
        } else if isAnother || deadlineQueue == nil {
            server.unfinished.queue.add(self)
        }
    }

    private func endUnfinished() {
        server.statistics.unfinishedMessages += 1
        sendClose(WebSocketCloseCode.policyViolation)
        ended(.unfinishedMessage)
    }

    /// The session goes on with polling.
    private func abandonProbe() {
        server.statistics.failedUpgrades += 1
        closeStream()
    }

    /// A breach of RFC 6455, told in a close frame.
    private func fail(_ error: WireError) {
        var code = WebSocketCloseCode.protocolError
        if case .webSocket(let fault) = error { code = fault.closeCode }
        sendClose(code)
        ended(.transportError)
    }

    private func ended(_ reason: EngineCloseReason) {
        let wasOpen = phase == .open
        phase = .closed
        let session = detach()
        if wasOpen { session?.close(reason) } else { server.statistics.failedUpgrades += 1 }
        stream.closeAfterFlush()
    }

    /// The session has ended; its last words are in the stream's buffer already.
    func sessionClosed(_ reason: EngineCloseReason) {
        guard phase != .closed else { return }
        phase = .closed
        detach()
        switch reason {
        case .slowConsumer:
            // What waits would never be read.
            stream.close(.named("slow consumer"))
        case .transportError, .transportClose, .forcedClose, .pingTimeout, .connectTimeout:
            sendClose(1000)
            stream.closeAfterFlush()
        case .serverShuttingDown:
            sendClose(1001)
            stream.closeAfterFlush()
        case .parseError, .invalidMessage, .invalidState:
            sendClose(WebSocketCloseCode.protocolError)
            stream.closeAfterFlush()
        case .attachmentsTooLarge:
            sendClose(WebSocketCloseCode.messageTooBig)
            stream.closeAfterFlush()
        case .flood, .unfinishedMessage:
            sendClose(WebSocketCloseCode.policyViolation)
            stream.closeAfterFlush()
        }
    }

    /// Closes a WebSocket that never got its session.
    func closeStream() {
        leaveDeadlineQueue()
        phase = .closed
        detach()
        sendClose(1000)
        stream.closeAfterFlush()
    }

    @discardableResult private func detach() -> EngineSession? {
        leaveDeadlineQueue()
        if unfinished > 0 {
            server.unfinished.remove(unfinished)
            unfinished = 0
            decoder = WebSocketDecoder(role: .server, maximumMessage: 0)
        }
        let session = session
        self.session = nil
        if let session, let polling = session.polling, polling.probe === self {
            polling.probe = nil
            session.upgradeFailed()
        }
        return session
    }

    private func sendClose(_ code: UInt16) {
        stream.withOutput {
            WebSocketEncoder.appendFrame(.close, WebSocketEncoder.closePayload(code: code), to: &$0)
        }
    }
}

extension WebSocketTransport: StreamHandler {
    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .closed else { return }
        // One buffer serves all connections: what is in it is done with before the next frame is read.
        var payload: [UInt8] = []
        swap(&payload, &server.payloadBuffer)
        let input = bytes.octets.span
        var offset = 0
        var isAnother = false
        loop: while phase != .closed {
            receiveShortTexts(input, &offset)
            guard phase != .closed else { break loop }
            do throws(WireError) {
                let event = try decoder.next(input, &offset, into: &payload)
                if case .needsMore = event { break loop }
                if unfinished > 0, event.isMessage { isAnother = true }
                receive(event, payload)
            } catch {
                fail(error)
            }
        }
        if unfinished > 0 || decoder.gatheredBytes > 0, phase != .closed {
            noteUnfinished(isAnother: isAnother)
        }
        if payload.capacity <= EngineServer.maximumPayloadBuffer { swap(&payload, &server.payloadBuffer) }
    }

    func streamReachedEnd() {
        guard phase != .closed else { return }
        ended(.transportClose)
    }

    func streamDrained() {
        session?.drained()
    }

    func streamClosed(_ reason: StreamCloseReason) {
        guard phase != .closed else { return }
        ended(reason == .peerClosed ? .transportClose : .transportError)
    }
}
