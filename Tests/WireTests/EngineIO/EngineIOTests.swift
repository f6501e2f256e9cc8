import Testing
import Wire

/// Packets of Engine.IO 4, alone and in polling payloads.
@Suite struct EngineIOTests {
    /// What a polling body holds, the last line being the error, if any.
    private func read(_ body: String, maximumPackets: Int = 16) -> [String] { read(Array(body.utf8), maximumPackets) }

    private func read(_ bytes: [UInt8], _ maximumPackets: Int = 16) -> [String] {
        var reader = EngineIOPayloadReader(maximumPackets: maximumPackets)
        var lines: [String] = []
        do throws(WireError) {
            while let packet = try reader.read(bytes.span) {
                switch packet {
                case .text(let type, let range):
                    lines.append("\(type) \(String(decoding: bytes[range], as: UTF8.self))")
                case .binary(let data): lines.append("binary \(data)")
                }
            }
        } catch {
            guard case .engineIO(let fault) = error else { return lines + ["\(error)"] }
            lines.append("\(fault)")
        }
        return lines
    }

    @Test func `a payload holds one packet or many`() {
        #expect(read("4hello") == ["message hello"])
        #expect(
            read("40\u{1e}42[\"é\"]\u{1e}3\u{1e}bAQID\u{1e}6") == [
                "message 0", "message 2[\"é\"]", "pong ", "binary [1, 2, 3]", "noop ",
            ])
        #expect(read("0{}\u{1e}1\u{1e}2probe\u{1e}5") == ["open {}", "close ", "ping probe", "upgrade "])
        #expect(read("b") == ["binary []"])
        #expect(read("") == [])
    }

    @Test func `decoding stops at the first bad packet`() {
        #expect(read("41\u{1e}7\u{1e}42") == ["message 1", "unknownType"])
        #expect(read("x") == ["unknownType"])
        #expect(read("/") == ["unknownType"])
        #expect(read("\u{1e}") == ["emptyPacket"])
        #expect(read("4\u{1e}") == ["message ", "emptyPacket"])
        #expect(read("4\u{1e}\u{1e}4") == ["message ", "emptyPacket"])
        #expect(read("bAQI") == ["invalidBase64"])
        #expect(read([0x34, 0xFF]) == ["invalidUTF8"])
    }

    @Test func `a payload of more packets than allowed is refused behind the last allowed`() {
        #expect(read("4\u{1e}4\u{1e}4", maximumPackets: 2) == ["message ", "message ", "tooManyPackets"])
        #expect(read("4\u{1e}4", maximumPackets: 2) == ["message ", "message "])
    }

    @Test func `the open packet has exactly its five keys and reads back`() {
        let handshake = EngineIOHandshake(
            sessionID: "node-1.abc", upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000,
            maximumPayload: 1_000_000)
        var bytes: [UInt8] = []
        EngineIOEncoder.appendOpen(handshake, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"0{"sid":"node-1.abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
        )
        #expect(EngineIOHandshake(parsing: Array(bytes.dropFirst())) == handshake)
        #expect(EngineIOHandshake(parsing: Array("{}".utf8)) == nil)
    }

    @Test func `packets are written with separators between them alone`() {
        var bytes: [UInt8] = []
        EngineIOEncoder.appendSeparator(to: &bytes)
        EngineIOEncoder.appendText(.message, Array("1".utf8), to: &bytes)
        EngineIOEncoder.appendSeparator(to: &bytes)
        EngineIOEncoder.appendBinary([1, 2, 3, 4], to: &bytes)
        EngineIOEncoder.appendSeparator(to: &bytes)
        EngineIOEncoder.appendText(.noop, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "41\u{1e}bAQIDBA==\u{1e}6")
    }
}
