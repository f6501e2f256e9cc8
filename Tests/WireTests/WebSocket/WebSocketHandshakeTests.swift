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

    @Test(arguments: [
        (0, "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="), (1, "cai0HFWL7DEHZkyHxdyv1Pn3R6M="), (19, "tWclcP21hrR+xgjYVswtQRW71GQ="),
        (20, "tSsjsIAvEVIQ+IC5K8+T/OkG8nU="), (27, "qUNe7W8rvas6tQS5F4QBTf/JpvE="),
        (28, "x9bmfLYIxLMaaT5h0sFuRlAhhb8="),
        (83, "c8WQ7edrEIKQKdUK6YpbGv6/vjc="), (84, "oSGTDoRzn25LiA1UjW2lEH1Pvlc="),
        (200, "HXr7Nbki1tHdEVpq+a7G7IV4VJU="),
    ])
    func `keys that fill their digest's blocks differently are answered`(count: Int, answer: String) {
        #expect(WebSocketHandshake.accept(key: String(repeating: "k", count: count)) == answer)
    }
}
