import EventLoop
import Testing

@testable import Realtime

/// A client on HTTP long polling, one request after the other on one connection.
@Loop final class PollingClient {
    private let raw: RawClient
    private let extra: String
    let sid: String
    /// The answer to the handshake.
    let opening: Reply

    private init(_ raw: RawClient, extra: String, sid: String, opening: Reply) {
        self.raw = raw
        self.extra = extra
        self.sid = sid
        self.opening = opening
    }

    /// `extra`: further header lines of every request.
    static func open(_ port: Int, query: String = "", extra: String = "") async throws -> PollingClient {
        let raw = try await RawClient.connect(port)
        raw.send("GET /socket.io/?EIO=4&transport=polling\(query) HTTP/1.1\r\nHost: x\r\n\(extra)\r\n")
        guard let reply = try await raw.reply() else { throw Refused(status: 0) }
        guard reply.status == 200 else { throw Refused(status: reply.status) }
        let sid = String(reply.body.dropFirst(9).prefix { $0 != "\"" })
        return PollingClient(raw, extra: extra, sid: sid, opening: reply)
    }

    struct Refused: Error {
        let status: Int
    }

    func sendGet() {
        raw.send("GET /socket.io/?EIO=4&transport=polling&sid=\(sid) HTTP/1.1\r\nHost: x\r\n\(extra)\r\n")
    }

    func close() { raw.close() }

    func reply() async throws -> Reply? { try await raw.reply() }

    func get() async throws -> Reply? {
        sendGet()
        return try await raw.reply()
    }

    @discardableResult func post(_ body: String) async throws -> Reply? {
        raw.send(
            "POST /socket.io/?EIO=4&transport=polling&sid=\(sid) HTTP/1.1\r\nHost: x\r\n\(extra)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try await raw.reply()
    }
}
