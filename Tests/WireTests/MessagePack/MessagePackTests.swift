import Testing
import Wire

@Suite struct MessagePackTests {
    private func written(_ json: String, _ attachments: [[UInt8]] = []) throws -> [UInt8] {
        var writer = MessagePackWriter()
        try writer.json(Array(json.utf8).span, attachments: attachments)
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws -> (json: String, attachments: [[UInt8]], end: Int) {
        var reader = MessagePackReader()
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        try reader.appendJSON(bytes.span, to: &json, attachments: &attachments, maximumAttachments: 2)
        return (String(decoding: json, as: UTF8.self), attachments, reader.offset)
    }

    @Test(
        arguments: [
            ("0", [0x00]), ("127", [0x7F]), ("128", [0xCC, 0x80]), ("256", [0xCD, 1, 0]),
            ("65536", [0xCE, 0, 1, 0, 0]),
            ("4294967296", [0xCF, 0, 0, 0, 1, 0, 0, 0, 0]), ("-1", [0xFF]), ("-32", [0xE0]), ("-33", [0xD0, 0xDF]),
            ("-129", [0xD1, 0xFF, 0x7F]), ("-32769", [0xD2, 0xFF, 0xFF, 0x7F, 0xFF]),
            ("-2147483649", [0xD3, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]),
            ("1.5", [0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]), ("null", [0xC0]), ("true", [0xC3]), ("false", [0xC2]),
            ("\"a\"", [0xA1, 0x61]), ("[]", [0x90]), ("{}", [0x80]), ("[1,[2]]", [0x92, 1, 0x91, 2]),
            ("{\"a\":{}}", [0x81, 0xA1, 0x61, 0x80]),
            ("18446744073709551615", [0xCF] + [UInt8](repeating: 0xFF, count: 8)),
        ] as [(String, [UInt8])])
    func `values take their smallest form and come back`(json: String, bytes: [UInt8]) throws {
        #expect(try written(json) == bytes)
        let back = try read(bytes)
        #expect(back.json == json)
        #expect(back.end == bytes.count)
    }

    @Test func `escapes are undone, and long texts and containers have longer heads`() throws {
        #expect(try written("\"\\u00e9\\n\\ud83d\\ude00\"") == [0xA7, 0xC3, 0xA9, 0x0A, 0xF0, 0x9F, 0x98, 0x80])
        #expect(try written("\"\(String(repeating: "a", count: 32))\"").starts(with: [0xD9, 32]))
        #expect(try written("\"\(String(repeating: "a", count: 300))\"").starts(with: [0xDA, 1, 44]))
        let array = "[" + (0..<16).map(String.init).joined(separator: ",") + "]"
        #expect(try written(array) == [0xDC, 0, 16] + (0..<16))
        #expect(try read(written(array)).json == array)
        let large = "[" + repeatElement("[0]", count: 70_000).joined(separator: ",") + "]"
        #expect(try written(large).starts(with: [0xDD, 0, 1, 0x11, 0x70, 0x91, 0]))
        #expect(try read(written(large)).json == large)
        let object = "{" + (0..<20).map { "\"k\($0)\":[\($0)]" }.joined(separator: ",") + "}"
        #expect(try written(object).starts(with: [0xDE, 0, 20, 0xA2]))
        #expect(try read(written(object)).json == object)
    }

    @Test func `placeholders become binary, and binary placeholders`() throws {
        let json = #"[{"_placeholder":true,"num":1},{"a":{"num":0,"_placeholder":true}}]"#
        let bytes = try written(json, [[7], [8, 9]])
        #expect(bytes == [0x92, 0xC4, 2, 8, 9, 0x81, 0xA1, 0x61, 0xC4, 1, 7])
        let back = try read(bytes)
        #expect(back.json == #"[{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}]"#)
        #expect(back.attachments == [[8, 9], [7]])
        #expect(throws: WireError.self) { try read([0x93, 0xC4, 0, 0xC4, 0, 0xC4, 0]) }
        #expect(try read(written(#"{"_placeholder":true,"num":0}"#)).attachments == [])
        #expect(try read(written(#"{"_placeholder":true,"num":5}"#, [[1]])).attachments == [])
    }

    @Test(
        arguments: [
            ([0xD4, 0, 0], "null"), ([0xC7, 2, 0, 1, 2], #"{"_placeholder":true,"num":0}"#),
            ([0xD7, 0, 0, 0, 0, 0, 0, 0, 0, 1], "\"1970-01-01T00:00:00.001Z\""),
            ([0xD6, 0xFF, 0, 0, 0, 1], "\"1970-01-01T00:00:01.000Z\""),
            ([0xD7, 0xFF, 0, 0, 0, 0, 0x69, 0x20, 0x2F, 0x48], "\"2025-11-21T09:22:16.000Z\""),
            ([0xC7, 12, 0xFF, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8), "\"1969-12-31T23:59:59.000Z\""),
            ([0xC7, 12, 0xFF, 0, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7), "null"),
            ([0xCB, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], "null"), ([0xA1, 0xFF], "\"\u{FFFD}\""),
            ([0x81, 1, 2], "{\"1\":2}"),
        ] as [([UInt8], String)])
    func `times, old forms and what JSON cannot say are read`(bytes: [UInt8], json: String) throws {
        #expect(try read(bytes).json == json)
    }

    @Test(
        arguments: [
            [], [0xC1], [0x91], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0xDF, 0x7F, 0xFF, 0xFF, 0xFF, 0],
            [0xC6, 0xFF, 0xFF, 0xFF, 0xFF],
            [0xDB, 0, 0, 0, 2, 0x61], [0xD5, 9, 0, 0], [0x81, 0xC0, 0xC0], [UInt8](repeating: 0x91, count: 97) + [0],
        ] as [[UInt8]])
    func `lengths that lie, foreign extensions and deep nesting are refused`(bytes: [UInt8]) {
        #expect(throws: WireError.self) { try read(bytes) }
    }

    @Test func `a value is passed over however deep it nests`() throws {
        var reader = MessagePackReader()
        let bytes = [UInt8](repeating: 0x91, count: 100_000) + [0xC0, 0x07]
        try reader.skip(bytes.span)
        #expect(reader.offset == bytes.count - 1)
    }
}
