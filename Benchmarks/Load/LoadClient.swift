import EventLoop
import Wire

/// One Socket.IO client over WebSocket: connects with a token, answers pings, sends events that ask for an ack, and tells
/// its owner of acks and of events.
@Loop
final class LoadClient: StreamHandler {
    private enum Phase {
        case upgrading, opening, connecting, connected, closed
    }

    /// Longest that a connection and its handshakes take; thousands at once wait for each other.
    private static let connectTimeout: Duration = .seconds(30)
    private static let maximumMessage = 1 << 20

    /// An ack: its id and its arguments.
    var onAcknowledgement: (Int, ArraySlice<UInt8>) -> Void = { _, _ in }
    /// An event: its name and its arguments.
    var onEvent: (String, ArraySlice<UInt8>) -> Void = { _, _ in }
    /// The connection ended, by whomever.
    var onClosed: (String) -> Void = { _ in }

    private let token: String
    private var stream: EventLoop.Stream?
    private var phase = Phase.upgrading
    private var head: [UInt8] = []
    private var decoder = WebSocketDecoder(role: .client, maximumMessage: LoadClient.maximumMessage)
    private var payload: [UInt8] = []
    private var packet: [UInt8] = []
    private var ready: CheckedContinuation<String?, Never>?
    private var nextAcknowledgement = 0

    init(token: String) {
        self.token = token
    }

    /// Until the namespace's CONNECT is answered.
    func connect(port: Int) async throws(LoadFailure) {
        do throws(LoopError) {
            let stream = try await EventLoop.Stream.connect(
                host: "127.0.0.1", port: port, timeout: Self.connectTimeout)
            self.stream = stream
            stream.handler = self
            stream.write(
                Array(
                    ("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").utf8))
        } catch {
            throw LoadFailure(description: "cannot connect: \(error)")
        }
        let timer = SystemTiming.shared.after(Self.connectTimeout) { [weak self] in
            self?.settle("no answer to CONNECT")
        }
        let problem = await withCheckedContinuation { ready = $0 }
        timer.cancel()
        if let problem { throw LoadFailure(description: problem) }
    }

    /// Sends an event that asks for an ack; returns the ack's id.
    @discardableResult
    func send(_ name: String, _ arguments: [UInt8]) -> Int {
        let id = nextAcknowledgement
        nextAcknowledgement += 1
        packet.removeAll(keepingCapacity: true)
        SocketIOEncoder.appendEvent(name, arguments: arguments, acknowledgementID: id, to: &packet)
        sendText(packet)
        return id
    }

    func close() {
        stream?.close(.local)
    }

    // MARK: Input

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        var input = Array(bytes)
        if phase == .upgrading {
            head.append(contentsOf: input)
            guard let end = endOfHead() else { return }
            guard head.starts(with: "HTTP/1.1 101 ".utf8) else {
                return fail(String(decoding: head.prefix(while: { $0 != 13 }), as: UTF8.self))
            }
            input = Array(head[end...])
            head = []
            phase = .opening
        }
        var offset = 0
        do throws(WireError) {
            while true {
                switch try decoder.next(input.span, &offset, into: &payload) {
                case .needsMore: return
                case .text: try received()
                case .binary, .pong: continue
                case .ping: sendFrame(.pong, payload)
                case .close(let code): return fail("closed by the server: \(code ?? 0)")
                }
            }
        } catch {
            fail("what came is no protocol of ours: \(error)")
        }
    }

    private func endOfHead() -> Int? {
        guard head.count >= 4 else { return nil }
        for index in 0...head.count - 4 where head[index..<index + 4].elementsEqual("\r\n\r\n".utf8) {
            return index + 4
        }
        return nil
    }

    private func received() throws(WireError) {
        switch payload.first {
        case UInt8(ascii: "0"):
            phase = .connecting
            packet.removeAll(keepingCapacity: true)
            SocketIOEncoder.appendConnect(auth: Array("{\"token\":\"\(token)\"}".utf8), to: &packet)
            sendText(packet)
        case UInt8(ascii: "2"): sendText([UInt8(ascii: "3")])
        case UInt8(ascii: "4"): try receivedPacket()
        default: break
        }
    }

    private func receivedPacket() throws(WireError) {
        let message = payload
        let packet = try SocketIOPacket.decode(message.span, from: 1)
        switch packet.type {
        case .connect:
            phase = .connected
            settle(nil)
        case .connectError: fail(String(decoding: message, as: UTF8.self))
        case .acknowledgement:
            if let id = packet.acknowledgementID { onAcknowledgement(id, message[packet.arguments]) }
        case .event:
            if let name = packet.eventNameText(in: message.span) { onEvent(name, message[packet.arguments]) }
        case .disconnect: fail("disconnected by the server")
        case .binaryEvent, .binaryAcknowledgement: break
        }
    }

    func streamReachedEnd() { fail("the server closed the connection") }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) { fail("closed: \(reason)") }

    private func fail(_ problem: String) {
        guard phase != .closed else { return }
        phase = .closed
        stream?.close(.local)
        stream = nil
        settle(problem)
        onClosed(problem)
    }

    private func settle(_ problem: String?) {
        ready?.resume(returning: problem)
        ready = nil
    }

    // MARK: Output

    private func sendText(_ text: [UInt8]) { sendFrame(.text, text) }

    private func sendFrame(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
        // A fixed mask: a generator of load need not hide from caches (RFC 6455, 10.3).
        stream?.withOutput { bytes in
            WebSocketEncoder.appendMaskedFrame(opcode, payload, mask: 0x1B2D_4C87, to: &bytes)
        }
    }
}
