import EventLoop
import Wire

/// One Socket.IO client over WebSocket that costs as little as it can, so that the server is what a run measures: it
/// sends frames made beforehand and looks at no more of what comes than its owner asks for.
@Loop
final class EdgeClient: StreamHandler {
    private enum Phase {
        case upgrading, opening, connecting, connected, closed
    }

    private static let connectTimeout: Duration = .seconds(30)
    private static let request = Array(
        ("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            .utf8)
    private static let connectFrame = frame("40")
    private static let pongFrame = frame("3")

    /// A text message of the server, once connected; valid during the call.
    var onText: (UnsafeRawBufferPointer) -> Void = { _ in }
    /// The connection ended, unless `close` ended it.
    var onClosed: (String) -> Void = { _ in }

    private var stream: EventLoop.Stream?
    private var phase = Phase.upgrading
    /// What came of a head or frame that is not whole yet.
    private var rest: [UInt8] = []
    private var ready: CheckedContinuation<String?, Never>?

    /// A client's text frame. The mask is fixed: a generator of load need not hide from caches (RFC 6455, 10.3).
    static func frame(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, Array(text.utf8), mask: 0x1B2D_4C87, to: &bytes)
        return bytes
    }

    /// Until the CONNECT to `/` is answered.
    func connect(port: Int) async throws(LoadFailure) {
        do throws(LoopError) {
            stream = try await EventLoop.Stream.connect(host: "127.0.0.1", port: port, timeout: Self.connectTimeout)
        } catch {
            throw LoadFailure(description: "cannot connect: \(error)")
        }
        stream?.handler = self
        stream?.write(Self.request)
        let problem = await withCheckedContinuation { ready = $0 }
        if let problem { throw LoadFailure(description: problem) }
    }

    func send(_ frame: [UInt8]) {
        frame.withUnsafeBytes { stream?.write($0) }
    }

    func close() {
        phase = .closed
        stream?.close(.local)
        stream = nil
    }

    // MARK: Input

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        if rest.isEmpty {
            let used = consume(bytes)
            if used < bytes.count { rest.append(contentsOf: bytes[used...]) }
        } else {
            var input: [UInt8] = []
            swap(&input, &rest)
            input.append(contentsOf: bytes)
            let used = input.withUnsafeBytes { consume($0) }
            input.removeFirst(used)
            rest = input
        }
    }

    /// Takes the whole frames at the beginning; returns their bytes.
    private func consume(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        if phase == .upgrading {
            guard let end = endOfHead(bytes) else { return 0 }
            guard bytes.starts(with: "HTTP/1.1 101 ".utf8) else {
                fail(String(decoding: bytes.prefix(while: { $0 != 13 }), as: UTF8.self))
                return bytes.count
            }
            phase = .opening
            offset = end
        }
        while phase != .closed, bytes.count - offset >= 2 {
            var header = 2
            var length = Int(bytes[offset + 1] & 0x7F)
            if length >= 126 {
                header = length == 126 ? 4 : 10
                guard bytes.count - offset >= header else { break }
                length = bytes[offset + 2..<offset + header].reduce(0) { $0 << 8 | Int($1) }
            }
            guard bytes.count - offset >= header + length else { break }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[offset + header..<offset + header + length])
            let opcode = bytes[offset] & 0x0F
            offset += header + length
            if opcode == 1, !payload.isEmpty {
                received(payload)
            } else if opcode == 8 {
                fail("closed by the server")
            }
        }
        return phase == .closed ? bytes.count : offset
    }

    private func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...bytes.count - 4 where bytes[index..<index + 4].elementsEqual("\r\n\r\n".utf8) {
            return index + 4
        }
        return nil
    }

    private func received(_ text: UnsafeRawBufferPointer) {
        if phase == .connected {
            if text[0] == UInt8(ascii: "4") { return onText(text) }
        } else if phase == .opening, text[0] == UInt8(ascii: "0") {
            phase = .connecting
            return send(Self.connectFrame)
        } else if phase == .connecting, text.starts(with: "40".utf8) {
            phase = .connected
            return settle(nil)
        }
        if text[0] == UInt8(ascii: "2") {
            send(Self.pongFrame)
        } else {
            fail("unexpected: \(String(decoding: text, as: UTF8.self))")
        }
    }

    func streamReachedEnd() { fail("the server closed the connection") }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) { fail("closed: \(reason)") }

    private func fail(_ problem: String) {
        guard phase != .closed else { return }
        close()
        settle(problem)
        onClosed(problem)
    }

    private func settle(_ problem: String?) {
        ready?.resume(returning: problem)
        ready = nil
    }
}
