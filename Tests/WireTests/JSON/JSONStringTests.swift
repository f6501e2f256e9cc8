import Testing

@testable import Wire

@Suite struct JSONStringTests {
    private static func outcome(_ text: [UInt8]) -> String {
        do throws(WireError) {
            let (end, hasEscapes) = try JSONLexer.skipString(text.span, 0)
            return "\(end) \(hasEscapes)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `what ends a string is found at any place, behind any bytes`() {
        for filler: UInt8 in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF] {
            for length in 0...80 {
                let start = [0x22] + [UInt8](repeating: filler, count: length)
                let rest = [UInt8](repeating: filler, count: 9)
                #expect(Self.outcome(start + [0x22] + rest) == "\(length + 2) false")
                #expect(Self.outcome(start + [0x5C, 0x6E, 0x22] + rest) == "\(length + 4) true")
                #expect(
                    Self.outcome(start + [0x1F, 0x22] + rest) == "\(WireError.json(.controlCharacter, at: length + 1))")
                #expect(Self.outcome(start) == "\(WireError.json(.unexpectedEnd, at: length + 1))")
            }
        }
    }
}
