import EventLoop
import Testing
import Wire

@testable import Realtime

@Suite struct EventEncodingTests {
    private static func event(
        _ prefix: String, _ name: String, _ json: String, id: Int? = nil, attachments: Int = 0
    ) -> (text: String, length: Int) {
        let prefix = Array(prefix.utf8)
        let json = Array(json.utf8)
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: 1_000) {
            EventEncoding.appendEvent(
                prefix: prefix, event: name, json: json, id: id, attachments: attachments, to: &$0)
        }
        let length = EventEncoding.eventLength(
            prefix: prefix, event: name, json: json, id: id, attachments: attachments)
        return (String(decoding: bytes, as: UTF8.self), length)
    }

    @Test(
        arguments: [
            ("", "hi", "1,\"x\"", nil, 0, #"42["hi",1,"x"]"#),
            ("", "hi", "", 12, 0, #"4212["hi"]"#),
            ("/admin,", "e", "{}", 0, 0, #"42/admin,0["e",{}]"#),
            (
                "/admin,", "e", #"{"_placeholder":true,"num":0}"#, 7, 1,
                #"451-/admin,7["e",{"_placeholder":true,"num":0}]"#
            ),
            ("", "q\"\\\n\u{1}é", "1", nil, 0, #"42["q\"\\\u000a\u0001é",1]"#),
        ] as [(String, String, String, Int?, Int, String)])
    func `an event is written as the grammar says, in exactly the announced length`(
        prefix: String, name: String, json: String, id: Int?, attachments: Int, expected: String
    ) {
        let (text, length) = Self.event(prefix, name, json, id: id, attachments: attachments)
        #expect(text == expected)
        #expect(length == expected.utf8.count)
    }

    @Test(arguments: [0, 9, 10, 99, 12_345, 9_999_999])
    func `an acknowledgement's head is the frame's header and the packet's beginning`(id: Int) throws {
        for count in [0, 1, 114, 115, 120, 121, 122, 65_523, 65_524, 65_530, 65_531, 65_532] {
            let json = [UInt8](repeating: 0x31, count: count)
            let length = EventEncoding.acknowledgementLength(prefix: [], id: id, jsonCount: count, attachments: 0)
            var frame: [UInt8] = []
            frame.append(addingCapacity: WebSocketEncoder.maximumHeader + length) { output in
                WebSocketEncoder.appendHeader(.text, length: length, to: &output)
                json.withUnsafeBytes {
                    EventEncoding.appendAcknowledgement(prefix: [], id: id, json: $0, attachments: 0, to: &output)
                }
            }
            guard let head = EventEncoding.acknowledgementHead(id: id, jsonCount: count) else {
                #expect(length > 0xFFFF)
                continue
            }
            let words = [head.low, head.high]
            let bytes = (0..<head.count).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> (8 * UInt64($0 % 8))) }
            #expect(bytes + json + Array("]".utf8) == frame)
        }
        #expect(EventEncoding.acknowledgementHead(id: 10_000_000, jsonCount: 1) == nil)
    }

    @Test(arguments: [0, 9, 10, 99, 100, 1_234_567, Int(Int32.max)])
    func `decimal numbers are as long as they are counted`(value: Int) {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: 20) { EventEncoding.appendDecimal(value, to: &$0) }
        #expect(String(decoding: bytes, as: UTF8.self) == String(value))
        #expect(bytes.count == EventEncoding.digits(value))
    }

    @Test(
        arguments: [
            ("", 0), ("1", 1), ("1,2", 1), (#""a,b",2"#, 5), (#"[1,[2,3]],4"#, 9), (#"{"a":"}\"",\#u{22}b":1},5"#, 17),
        ] as [(String, Int)])
    func `the first argument ends at its own comma`(json: String, expected: Int) {
        #expect(ArgumentScan.endOfFirst(Array(json.utf8).span) == expected)
    }

    @Test func `a frame holds the text packet and its attachments`() {
        let frame = EncodedFrame(
            prefix: [], event: "b", json: Array(#"{"_placeholder":true,"num":0}"#.utf8), attachments: [[1, 2, 3]])
        let text = #"451-["b",{"_placeholder":true,"num":0}]"#
        #expect(Array(frame.webSocketBytes[frame.textPacket]) == Array(text.utf8))
        #expect(frame.webSocketBytes.suffix(5) == [0x82, 3, 1, 2, 3])
    }
}
