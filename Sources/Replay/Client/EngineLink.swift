import Crypto
import EventLoop
import Wire

/// One Engine.IO session over one WebSocket, as a client has it: upgrade, open packet, heartbeat, messages.
@Loop
final class EngineLink: StreamHandler {
    private enum Phase { case upgrading, opening, open, closed }

    private let stream: Stream
    private let key: String
    private var phase = Phase.upgrading
    private var response = HTTPResponseParser()
    private var decoder = WebSocketDecoder(role: .client, maximumMessage: EngineLink.maximumMessage)
    private var payload: [UInt8] = []
    private var opening: CheckedContinuation<Result<Void, ReplayError>, Never>?
    private var watchdog: ScheduledTimer?
    private var lastHeard = SystemTiming.shared.now
    private var silence: Duration = EngineLink.openTimeout

    /// A Socket.IO packet: the message's bytes, the packet beginning at index 1.
    var onMessage: (@Loop ([UInt8]) -> Void)?
    /// Once, when an open session has ended.
    var onClose: (@Loop (String) -> Void)?

    /// Bytes of one message; an order's events are far below.
    private static let maximumMessage = 4 * 1024 * 1024
    private static let connectTimeout: Duration = .seconds(5)
    /// From the request to the open packet.
    private static let openTimeout: Duration = .seconds(10)

    private init(_ stream: Stream) {
        self.stream = stream
        var nonce: [UInt8] = []
        for _ in 0..<2 { withUnsafeBytes(of: randomBits()) { nonce.append(contentsOf: $0) } }
        key = String(decoding: Base64.encode(nonce), as: UTF8.self)
    }

    /// Connects and waits for the open packet.
    static func open(_ door: Door) async throws(ReplayError) -> EngineLink {
        let stream: Stream
        do throws(LoopError) {
            stream = try await Stream.connect(host: door.host, port: door.port, timeout: connectTimeout)
        } catch {
            throw .unreachable("nothing answers at http://\(door.authority): \(error)")
        }
        let link = EngineLink(stream)
        try await link.establish(door)
        return link
    }

    private func establish(_ door: Door) async throws(ReplayError) {
        var request: [UInt8] = []
        let headers: HTTPHeaders = [
            "Host": door.authority, "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": WebSocketHandshake.version, "Sec-WebSocket-Key": key,
        ]
        do throws(WireError) {
            try HTTPEncoder.appendHead(
                method: .get, target: "/socket.io/?EIO=4&transport=websocket", headers: headers, to: &request)
        } catch {
            throw .refused("cannot ask for a WebSocket: \(error)")
        }
        stream.handler = self
        guardSilence()
        let result = await withCheckedContinuation { continuation in
            opening = continuation
            stream.write(request)
        }
        try result.get()
    }

    /// Sends a Socket.IO packet that begins with the message type `4`.
    func send(_ packet: [UInt8]) { sendFrame(.text, packet) }

    var isOpen: Bool { phase == .open }

    func close() { end("closed here") }

    private func sendFrame(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
        guard phase == .open || phase == .opening else { return }
        let mask = UInt32(truncatingIfNeeded: randomBits())
        stream.withOutput { WebSocketEncoder.appendMaskedFrame(opcode, payload, mask: mask, to: &$0) }
    }

    /// Ends a session in which nothing was heard for as long as the server's heartbeat allows.
    private func guardSilence() {
        let due = lastHeard + silence - SystemTiming.shared.now
        watchdog = SystemTiming.shared.after(due) { [weak self] in
            guard let self, phase != .closed else { return }
            if lastHeard + silence <= SystemTiming.shared.now { end("silent") } else { guardSilence() }
        }
    }

    private func end(_ reason: String) {
        guard phase != .closed else { return }
        let wasOpen = phase == .open
        phase = .closed
        watchdog?.cancel()
        if wasOpen { stream.closeAfterFlush() } else { stream.close(.local) }
        let continuation = opening
        opening = nil
        continuation?.resume(returning: .failure(.outcomeUnknown("no socket: \(reason)")))
        if wasOpen { onClose?(reason) }
        onClose = nil
        onMessage = nil
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .closed else { return }
        lastHeard = SystemTiming.shared.now
        let input = [UInt8](bytes)
        var offset = 0
        do throws(WireError) {
            if phase == .upgrading {
                guard try upgrade(input, &offset) else { return }
            }
            while phase != .closed {
                let event = try decoder.next(input.span, &offset, into: &payload)
                switch event {
                case .needsMore: return
                case .text: try receive(payload)
                case .binary: break
                case .ping: sendFrame(.pong, payload)
                case .pong: break
                case .close(let code): end("closed by the server\(code.map { " with \($0)" } ?? "")")
                }
            }
        } catch {
            end("\(error)")
        }
    }

    private func upgrade(_ input: [UInt8], _ offset: inout Int) throws(WireError) -> Bool {
        while true {
            switch try response.next(input.span, &offset) {
            case .needsMore: return false
            case .interim, .body: continue
            case .head(let head):
                guard WebSocketHandshake.isAccepted(head, key: key) else {
                    end("upgrade answered by \(head.status)")
                    return false
                }
            case .end:
                phase = .opening
                return true
            }
        }
    }

    private func receive(_ text: [UInt8]) throws(WireError) {
        guard case .text(let type, let range) = try EngineIOPacket.decode(text.span) else { return }
        switch type {
        case .open:
            guard let handshake = EngineIOHandshake(parsing: Array(text[range])) else { return end("no handshake") }
            silence = .milliseconds(handshake.pingInterval + handshake.pingTimeout)
            phase = .open
            let continuation = opening
            opening = nil
            continuation?.resume(returning: .success(()))
        case .ping: sendFrame(.text, [EngineIOPacketType.pong.digit])
        case .message: onMessage?(text)
        case .close: end("closed by the server")
        case .pong, .upgrade, .noop: break
        }
    }

    func streamReachedEnd() { end("connection ended") }
    func streamDrained() {}
    func streamClosed(_ reason: StreamCloseReason) { end("connection lost: \(reason)") }
}
