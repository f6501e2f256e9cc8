import Testing
import Wire

@Suite struct WebSocketEncoderTests {
    @Test(arguments: [0, 1, 125, 126, 65535, 65536])
    func `what one side encodes the other decodes`(count: Int) {
        let payload = [UInt8](repeating: 0x7A, count: count)
        let text = count > 40 ? "\(count) bytes" : String(repeating: "z", count: count)
        var server: [UInt8] = []
        WebSocketEncoder.appendFrame(.text, payload, to: &server)
        #expect(WebSocketTranscript.events(server, size: .max / 2, role: .client) == ["text \(text)"])
        var client: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.binary, payload, mask: 0xDEAD_BEEF, to: &client)
        #expect(WebSocketTranscript.events(client, size: .max / 2, role: .server) == ["binary \(text)"])
    }

    @Test func `lengths are written in their shortest form`() {
        func header(_ length: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            WebSocketEncoder.appendHeader(.binary, length: length, to: &bytes)
            return bytes
        }
        #expect(header(125) == [0x82, 125])
        #expect(header(126) == [0x82, 126, 0, 126])
        #expect(header(65535) == [0x82, 126, 0xFF, 0xFF])
        #expect(header(65536) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
    }

    @Test func `a mask is applied from the payload's first byte`() {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, Array("Hello".utf8), mask: 0x3D21_FA37, to: &bytes)
        #expect(bytes == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test func `a close frame's reason is cut between characters`() {
        #expect(WebSocketEncoder.closePayload(code: 1001) == [0x03, 0xE9])
        let payload = WebSocketEncoder.closePayload(code: 1000, reason: String(repeating: "é", count: 100))
        #expect(payload.count == 124)
        #expect(String(validating: payload[2...], as: UTF8.self) == String(repeating: "é", count: 61))
    }
}
