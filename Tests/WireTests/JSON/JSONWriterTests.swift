import Testing
import Wire

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `objects and arrays nest with commas where they belong`() {
        let written = text {
            $0.object {
                $0.field("a", 1)
                $0.field("b") { $0.array { for number in 1...3 { $0.value(number) } } }
                $0.field("c") { $0.object { _ in } }
                $0.field("d", raw: Array(#"{"x":[]}"#.utf8))
                $0.field("e") {
                    $0.array {
                        $0.object { $0.field("f", true) }
                        $0.array { _ in }
                        $0.null()
                    }
                }
                $0.nullField("g")
                $0.field("h", orNull: nil)
                $0.field("i", orNull: "x")
                $0.field("j", -1.5)
            }
        }
        #expect(
            written
                == #"{"a":1,"b":[1,2,3],"c":{},"d":{"x":[]},"e":[{"f":true},[],null],"g":null,"h":null,"i":"x","j":-1.5}"#
        )
    }

    @Test func `strings are escaped where they must be`() {
        #expect(text { $0.value("plain é😀/\u{7f}") } == "\"plain é😀/\u{7f}\"")
        #expect(text { $0.value("\"\\\n\r\t\u{0}\u{1f}\u{8}") } == #""\"\\\n\r\t\u0000\u001f\u0008""#)
    }

    @Test func `numbers read back as they were`() throws {
        for value in [0, 7, 10, -1, 1_234_567_890, Int.max, Int.min] {
            let written = text { $0.value(value) }
            #expect(written == "\(value)")
        }
        for value in [0.1, -0.0, 1e300, 5e-300, 12.3456789, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e16] {
            let parsed = try JSONValue.parse(Array(text { $0.value(value) }.utf8))
            #expect(parsed.doubleValue?.bitPattern == value.bitPattern)
        }
        #expect(text { $0.value(Double.infinity) } == "null")
        #expect(text { $0.value(-Double.nan) } == "null")
    }

    @Test func `a decoded value is written as it was`() throws {
        let source = #"{"a":[1,-2.5,true,null,"x\n",{}],"b":{"c":[[]]}}"#
        let value = try JSONValue.parse(Array(source.utf8))
        #expect(text { $0.value(value) } == source)
    }

    @Test func `writing goes on behind what an array holds already`() {
        var bytes = Array("42".utf8)
        JSONWriter.append(to: &bytes) { $0.array { $0.value("x") } }
        #expect(String(decoding: bytes, as: UTF8.self) == #"42["x"]"#)
    }
}
