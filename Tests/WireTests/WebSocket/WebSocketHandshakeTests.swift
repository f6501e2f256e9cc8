import Testing
import Wire

@Suite struct WebSocketHandshakeTests {
    private func accept(_ fields: String, line: String = "GET / HTTP/1.1") throws(WireError) -> String {
        let bytes = Array("\(line)\r\nHost: a\r\n\(fields)\r\n\r\n".utf8)
        var parser = HTTPRequestParser()
        var offset = 0
        guard case .head(let head) = try parser.next(bytes.span, &offset) else { throw .http(.truncated) }
        return try WebSocketHandshake.accept(head)
    }

    private func fault(_ fields: String, line: String = "GET / HTTP/1.1") -> HTTPFault? {
        do throws(WireError) {
            _ = try accept(fields, line: line)
            return nil
        } catch {
            guard case .http(let fault) = error else { return nil }
            return fault
        }
    }

    private static let complete =
        "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

    @Test func `the key that the protocol's text shows is answered`() throws {
        #expect(try accept(Self.complete) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `a handshake without one of its parts is refused`() {
        let parts = Self.complete.split(separator: "\r\n")
        for (index, status) in [400, 400, 426, 400].enumerated() {
            var rest = parts
            rest.remove(at: index)
            #expect(fault(rest.joined(separator: "\r\n"))?.status == status)
        }
        #expect(fault(Self.complete, line: "POST / HTTP/1.1") == .invalidUpgrade)
        #expect(fault(Self.complete.replacing("13", with: "8")) == .unsupportedWebSocketVersion)
        #expect(
            fault(Self.complete.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "dGhlIHNhbXBsZSBub25j")) == .invalidUpgrade)
        #expect(fault(Self.complete.replacing("WebSocket\r\n", with: "h2c\r\n")) == .invalidUpgrade)
        #expect(fault(Self.complete + "\r\nContent-Length: 3") == .invalidUpgrade)
    }

    @Test func `a client knows its answer`() throws {
        func isAccepted(_ text: String) throws -> Bool {
            let bytes = Array(text.utf8)
            var parser = HTTPResponseParser()
            var offset = 0
            guard case .head(let head) = try parser.next(bytes.span, &offset) else { return false }
            return WebSocketHandshake.isAccepted(head, key: "dGhlIHNhbXBsZSBub25jZQ==")
        }
        let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        #expect(try isAccepted("HTTP/1.1 101 Switching Protocols\r\n\(fields)s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"))
        #expect(try !isAccepted("HTTP/1.1 101 Switching Protocols\r\n\(fields)s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n"))
        #expect(try !isAccepted("HTTP/1.1 200 OK\r\n\(fields)s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"))
    }

    @Test(arguments: [0, 1, 55, 56, 63, 64, 119, 120, 200])
    func `keys of every length fill their digest's blocks`(count: Int) {
        // Digests of the key and the protocol's text are 28 base64 characters, and different for each.
        let answer = WebSocketHandshake.accept(key: String(repeating: "k", count: count))
        #expect(answer.count == 28)
        #expect(answer != WebSocketHandshake.accept(key: String(repeating: "k", count: count + 1)))
    }
}
