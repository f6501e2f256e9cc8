import EventLoop
import TestSupport

/// A Socket.IO client over long polling, as little as a test of rooms needs: it connects to `/` and collects what comes.
@Loop
final class PollingClient: StreamHandler {
    /// The socket's id in the namespace.
    private(set) var id = ""
    /// Text of each Socket.IO packet received, without Engine.IO's digit.
    private(set) var packets: [String] = []
    /// The session or the connection has ended.
    private(set) var isClosed = false

    private let stream: Stream
    private var session = ""
    private var received = ""
    private var answer: CheckedContinuation<String, Never>?

    private init(_ stream: Stream) {
        self.stream = stream
        stream.handler = self
    }

    /// - Parameter auth: what goes with CONNECT; `packets` keep what came before its answer, and that.
    static func connect(_ port: Int, auth: String) async throws -> PollingClient {
        let client = try await open(port)
        _ = await client.request("POST", "40" + auth)
        await client.packet { $0.hasPrefix("0{") }
        return client
    }

    static func connect(_ port: Int) async throws -> PollingClient {
        let client = try await open(port)
        _ = await client.request("POST", "40")
        await client.packet { $0.hasPrefix("0{") }
        client.id = client.packets.last?.split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
        client.packets = []
        return client
    }

    private static func open(_ port: Int) async throws -> PollingClient {
        let client = PollingClient(try await Stream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5)))
        let opening = await client.request("GET", "")
        client.session = opening.split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
        return client
    }

    /// Polls until a packet comes for which `check` holds, or nothing more comes.
    func packet(_ check: (String) -> Bool) async {
        while !packets.contains(where: check), !isClosed {
            let payload = await request("GET", "")
            for packet in payload.split(separator: "\u{1e}") {
                if packet.first == "4" { packets.append(String(packet.dropFirst())) }
                if packet == "1" || packet.hasPrefix("{") { isClosed = true }
            }
        }
    }

    /// Sends one Socket.IO packet, without Engine.IO's digit.
    func send(_ packet: String) async { _ = await request("POST", "4" + packet) }

    func close() { stream.close(.local) }

    private func request(_ method: String, _ body: String) async -> String {
        let sid = session.isEmpty ? "" : "&sid=\(session)"
        let head = "\(method) /socket.io/?EIO=4&transport=polling\(sid) HTTP/1.1\r\nHost: localhost\r\n"
        let fields = body.isEmpty ? "" : "Content-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n"
        return await withCheckedContinuation { continuation in
            answer = continuation
            stream.write(Array((head + fields + "\r\n" + body).utf8))
        }
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        received += String(decoding: bytes, as: UTF8.self)
        guard let end = received.firstRange(of: "\r\n\r\n") else { return }
        let lines = received[..<end.lowerBound].split(separator: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
        let count = Int(length?.split(separator: ":").last?.drop { $0 == " " } ?? "") ?? 0
        let body = received[end.upperBound...]
        guard body.utf8.count >= count else { return }
        received = ""
        let waiting = answer
        answer = nil
        waiting?.resume(returning: String(body))
    }

    func streamReachedEnd() { streamClosed(.peerClosed) }
    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        isClosed = true
        let waiting = answer
        answer = nil
        waiting?.resume(returning: "4closed")
    }
}
