import Testing
import Wire

@Suite struct JSONScannerTests {
    private func elements(_ text: String) throws(WireError) -> [String] {
        let bytes = Array(text.utf8)
        return try JSONScanner.elements(bytes.span, 0..<bytes.count).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private func member(_ name: String, _ text: String) throws(WireError) -> String? {
        let bytes = Array(text.utf8)
        return try JSONScanner.member(name, in: bytes.span, 0..<bytes.count).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
    }

    private func isValid(_ text: String) -> Bool {
        (try? JSONScanner.validate(Array(text.utf8).span)) != nil
    }

    private func read<Value>(
        _ text: String, _ reader: (Span<UInt8>, Range<Int>) throws(WireError) -> Value
    ) -> Value? {
        let bytes = Array(text.utf8)
        return try? reader(bytes.span, 0..<bytes.count)
    }

    @Test func `the elements of an array are found with nothing decoded`() throws {
        #expect(
            try elements(#"[ 1 ,"a,]", [2,[3]],{"x":"}"} , null]"#) == [
                "1", #""a,]""#, "[2,[3]]", #"{"x":"}"}"#, "null",
            ])
        #expect(try elements("[]") == [])
        #expect(try elements("[ ]") == [])
        for text in ["[1,]", "[1", "[1]x", "{}", "", "[1 2]"] { #expect(throws: WireError.self) { try elements(text) } }
    }

    @Test func `a member is found by its name, escapes taken for what they mean`() throws {
        let text = #"{"a":{"lat":0},"lat":47.5, "l\u006eg" : 19.25 ,"x\"y":[1]}"#
        #expect(try member("lat", text) == "47.5")
        #expect(try member("lng", text) == "19.25")
        #expect(try member("x\"y", text) == "[1]")
        #expect(try member("a", text) == #"{"lat":0}"#)
        #expect(try member("b", text) == nil)
        #expect(try member("a", "{}") == nil)
        #expect(throws: WireError.self) { try member("a", #"{"a":1,"\u0061":2}"#) }
        #expect(throws: WireError.self) { try member("a", "[]") }
        #expect(throws: WireError.self) { try member("a", #"{"a":1"#) }
        #expect(throws: WireError.self) { try member("a", #"{"a":1}}"#) }
    }

    @Test func `values are read in place`() {
        #expect(read("-12", JSONScanner.integer) == -12)
        #expect(read("-0", JSONScanner.integer) == 0)
        #expect(read("1.5", JSONScanner.integer) == nil)
        #expect(read("9223372036854775808", JSONScanner.integer) == nil)
        #expect(read("47.4979937", JSONScanner.double) == 47.4979937)
        #expect(read("-1.5E-7", JSONScanner.double) == -1.5e-7)
        #expect(read("1e999", JSONScanner.double) == nil)
        #expect(read("true", JSONScanner.double) == nil)
        #expect(read("12x", JSONScanner.double) == nil)
        #expect(read("false", JSONScanner.bool) == false)
        #expect(read("falsey", JSONScanner.bool) == nil)
        #expect(read(#""a\n\u00e9""#, JSONScanner.string) == "a\né")
        #expect(read(#""a"b"#, JSONScanner.string) == nil)
        #expect(read("1", JSONScanner.string) == nil)
        #expect(read("", JSONScanner.double) == nil)
        #expect(
            read("[1]", { bytes, range throws(WireError) in try JSONScanner.value(bytes, range) })
                == .array([.integer(1)]))
    }

    @Test(arguments: [
        "0", "-1.5e+10", "\"\"", "[]", "{}", "true", "false", "null", " [1 , {\"a\" : [ ] } ] ", "\"é\\ud83d\\ude00\"",
    ])
    func `a whole text is accepted`(text: String) { #expect(isValid(text)) }

    @Test(arguments: [
        "", " ", "[", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1,", "{1:2}", "tru", "01", "1.", "\"\\x\"", "\"\\ud800\"",
        "\"\t\"",
        "[1]]", "1 1", "nulll", "{,}", "[,]", "{\"a\":1 \"b\":2}", "+1", "\"",
    ])
    func `what the decoder refuses the scanner refuses too`(text: String) {
        #expect(!isValid(text))
        #expect((try? JSONValue.parse(Array(text.utf8))) == nil)
    }

    @Test func `members are visited in order`() throws {
        let bytes = Array(#"{"b":1,"a":[2]}"#.utf8)
        var visited: [String] = []
        try JSONScanner.forEachMember(bytes.span, 0..<bytes.count) { name, value throws(WireError) in
            visited.append(String(decoding: bytes[name] + bytes[value], as: UTF8.self))
        }
        #expect(visited == ["b1", "a[2]"])
    }
}
