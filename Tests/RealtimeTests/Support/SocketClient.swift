import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

/// A server with Socket.IO on a free port, its time standing still.
@Loop struct SocketsUnderTest {
    let sockets: SocketServer
    let server: HTTPServer
    let timing: ManualTiming
    let port: Int

    init(
        timing: ManualTiming = ManualTiming(), recovery: (any RecoveryLog)? = nil,
        _ change: (inout SocketServerOptions) -> Void = { _ in }
    ) throws {
        self.timing = timing
        var options = SocketServerOptions()
        options.engine.identifiers = SessionIdentifiers(owner: SessionOwner(name: "test"))
        change(&options)
        sockets = SocketServer(options: options, recovery: recovery, timing: timing)
        server = HTTPServer(
            router: Router(), errorBody: { .text($0.status, $0.code) }, upgrade: sockets, timing: timing)
        port = try server.listen(host: "127.0.0.1", port: 0)
    }

    func connect(_ packet: String = "40") async throws -> SocketClient {
        let client = try await SocketClient.open(port)
        if !packet.isEmpty {
            client.send("4" + packet.dropFirst(packet.first == "4" ? 1 : 0))
            _ = await client.next()
        }
        return client
    }
}

/// A WebSocket client that shows what it gets, frame by frame.
@Loop final class SocketClient {
    let raw: RawClient
    private var decoder = WebSocketDecoder(role: .client, maximumMessage: 1 << 24, allowsCompression: true)
    private let inflater = Inflater()
    /// Bytes of the last message as it came.
    private(set) var lastPayload = 0

    private init(_ raw: RawClient) {
        self.raw = raw
    }

    /// Past the Engine.IO handshake, unless `sid` names a session to upgrade.
    static func open(_ port: Int, sid: String? = nil) async throws -> SocketClient {
        try await openWithHead(port, sid: sid).client
    }

    /// As `open`, with the head of the answer. `extra`: further header lines.
    static func openWithHead(
        _ port: Int, sid: String? = nil, extra: String = ""
    ) async throws -> (client: SocketClient, head: String) {
        let raw = try await RawClient.connect(port)
        let session = sid.map { "&sid=\($0)" } ?? ""
        raw.send(
            "GET /socket.io/?EIO=4&transport=websocket\(session) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "\(extra)\r\n")
        await raw.waitFor("\r\n\r\n")
        let bytes = raw.received
        let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0
        raw.drop(end)
        let client = SocketClient(raw)
        if sid == nil { _ = await client.next() }
        return (client, String(decoding: bytes[..<end], as: UTF8.self))
    }

    func send(_ text: String) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, Array(text.utf8), mask: 0x1234_5678, to: &frame)
        raw.send(frame)
    }

    func send(binary bytes: [UInt8]) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.binary, bytes, mask: 0x1234_5678, to: &frame)
        raw.send(frame)
    }

    func send(compressed payload: [UInt8]) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, payload, mask: 0x1234_5678, isCompressed: true, to: &frame)
        raw.send(frame)
    }

    /// The next message: text as it is, binary as `<n bytes>`, a close frame as `close CODE`, `end` when there is none.
    func next(sourceLocation: SourceLocation = #_sourceLocation) async -> String {
        while true {
            var offset = 0
            var payload: [UInt8] = []
            let input = raw.received
            guard let event = try? decoder.next(input.span, &offset, into: &payload) else { return "broken" }
            raw.drop(offset)
            lastPayload = payload.count
            if event == .text(isCompressed: true) || event == .binary(isCompressed: true) {
                guard let whole = try? inflater?.message(payload, limit: 1 << 24) else { return "broken" }
                payload = whole
            }
            switch event {
            case .text: return String(decoding: payload, as: UTF8.self)
            case .binary: return "<\(payload.map(String.init).joined(separator: " "))>"
            case .close(let code): return "close \(code ?? 0)"
            case .ping, .pong: continue
            case .needsMore:
                if raw.hasEnded { return "end" }
                let before = raw.received.count
                await raw.wait(for: "a message", sourceLocation: sourceLocation) { [raw] in raw.received.count > before
                }
                if raw.received.isEmpty { return "end" }
            }
        }
    }

    func next(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async -> [String] {
        var messages: [String] = []
        for _ in 0..<count { messages.append(await next(sourceLocation: sourceLocation)) }
        return messages
    }
}
