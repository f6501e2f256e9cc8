import Testing
import Wire

/// RFC 8259 texts to values.
@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    private func fault(_ text: String) -> JSONFault? {
        do throws(WireError) {
            _ = try JSONValue.parse(Array(text.utf8))
            return nil
        } catch {
            guard case .json(let fault) = error else { return nil }
            return fault
        }
    }

    @Test func `every kind of value is decoded and members keep their order`() throws {
        let value = try parse(#" {"b":[1,-2.5,1e3,true,false,null],"a":"x","":{}} "#)
        #expect(
            value
                == .object([
                    JSONMember(
                        "b",
                        .array([.integer(1), .double(-2.5), .double(1000), .bool(true), .bool(false), .null])),
                    JSONMember("a", .string("x")), JSONMember("", .object([])),
                ]))
    }

    @Test(arguments: [
        ("9223372036854775807", JSONValue.integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("0", .integer(0)), ("-0", .double(-0.0)),
        ("1.0", .double(1)), ("12.3456789", .double(12.3456789)), ("5e-324", .double(.leastNonzeroMagnitude)),
        ("123456789012345678901234567890", .double(0x1.8ee90ff6c373ep+96)),
        ("0.1234567890123456789", .double(0.1234567890123456789)),
        ("9007199254740993.0", .double(9_007_199_254_740_992)),
    ])
    func `numbers become integers where they fit and the nearest double where not`(text: String, value: JSONValue)
        throws
    {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\u20ac\ud83d\ude00""#, "é€😀"),
        (#""é€😀""#, "é€😀"), (#""\u0000""#, "\0"),
    ])
    func `strings are unescaped`(text: String, expected: String) throws {
        #expect(try parse(text) == .string(expected))
    }

    @Test(arguments: [
        ("", JSONFault.Reason.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1),
        ("[1", .unexpectedEnd, 2), ("[1,]", .unexpectedByte, 3), (#"{"a":1,}"#, .unexpectedByte, 7),
        (#"{"a" 1}"#, .unexpectedByte, 5), ("{a:1}", .unexpectedByte, 1), ("tru", .unexpectedEnd, 3),
        ("trux", .unexpectedByte, 3), ("nul", .unexpectedEnd, 3), ("1 2", .trailingBytes, 2),
        ("[]]", .trailingBytes, 2),
        ("01", .invalidNumber, 1), ("1.", .unexpectedEnd, 2), ("1.x", .invalidNumber, 2), ("-", .unexpectedEnd, 1),
        ("-x", .invalidNumber, 1), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("+1", .unexpectedByte, 0),
        (".5", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("1e400", .numberOutOfRange, 0),
        ("\"\u{1}\"", .controlCharacter, 1), (#""\x""#, .invalidEscape, 1), (#""\u12g4""#, .invalidEscape, 5),
        (#""\ud800""#, .loneSurrogate, 1), (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n....""#, .loneSurrogate, 1),
        (#""\ud800\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1), (#""abc"#, .unexpectedEnd, 4),
        (#""\"#, .unexpectedEnd, 2), (#""\u00"#, .unexpectedEnd, 5), (#"{"a":1,"a":2}"#, .duplicateKey, 7),
        (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7), ("\u{FEFF}1", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
    ])
    func `what is not JSON is refused with its offset`(text: String, reason: JSONFault.Reason, offset: Int) {
        let fault = fault(text)
        #expect(fault?.reason == reason)
        #expect(fault?.offset == offset)
    }

    @Test func `bytes that are not UTF-8 are refused with their offset`() {
        #expect(throws: WireError.self) { try JSONValue.parse([0x22, 0x61, 0xFF, 0x22]) }
        #expect(throws: WireError.self) { try JSONValue.parse([0x22, 0xED, 0xA0, 0x80, 0x22]) }
        #expect(throws: WireError.self) { try JSONValue.parse([0x22, 0xC0, 0x80, 0x22]) }
        do throws(WireError) {
            _ = try JSONValue.parse([0x22, 0x61, 0xFF, 0x22])
        } catch {
            guard case .json(let fault) = error else { return }
            #expect(fault.reason == .invalidUTF8)
            #expect(fault.offset == 2)
        }
    }

    @Test func `nesting is allowed to the limit and no further`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        }
        _ = try JSONValue.parse(nested(64))
        #expect(throws: WireError.self) { try JSONValue.parse(nested(65)) }
        #expect(throws: WireError.self) { try JSONValue.parse(nested(4), maximumDepth: 3) }
        #expect(throws: WireError.self) { try JSONValue.parse(nested(100_000), maximumDepth: .max) }
    }

    @Test func `a name twice is refused also among many`() throws {
        let names = (0..<100).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        let value = try parse("{\(names)}")
        #expect(value["k99"]?.integerValue == 99)
        #expect(fault(#"{\#(names),"k3":0}"#)?.reason == .duplicateKey)
    }

    @Test func `whole doubles read as integers and others do not`() throws {
        #expect(try parse("1e3").integerValue == 1000)
        #expect(try parse("2.5").integerValue == nil)
        #expect(try parse("1e300").integerValue == nil)
        #expect(try parse("7").doubleValue == 7)
        #expect(try parse(#""7""#).integerValue == nil)
    }
}
