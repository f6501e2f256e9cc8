import Testing

@testable import Wire

@Suite struct WebSocketMaskTests {
    private static func masked(_ bytes: [UInt8], _ mask: UInt32) -> [UInt8] {
        bytes.indices.map { bytes[$0] ^ UInt8(truncatingIfNeeded: mask >> (8 * UInt32($0 & 3))) }
    }

    @Test func `every length is unmasked byte for byte, into storage of any length`() {
        let mask: UInt32 = 0xA1B2_C3D4
        var output: [UInt8] = []
        for length in [0, 300] + Array(0...70) + Array((0...70).reversed()) {
            let text = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) & 0x7F }
            let input = Self.masked(text, mask)
            #expect(WebSocketMask.replace(&output, with: input.span, mask: mask))
            #expect(output == text)
            var appended: [UInt8] = [1, 2, 3]
            #expect(WebSocketMask.append(input.span, mask: mask, to: &appended))
            #expect(appended == [1, 2, 3] + text)
        }
    }

    @Test func `one byte that is not ASCII is seen wherever it stands`() {
        var output: [UInt8] = []
        for length in 1...40 {
            for place in 0..<length {
                var text = [UInt8](repeating: 0x20, count: length)
                text[place] = 0x80
                #expect(!WebSocketMask.replace(&output, with: Self.masked(text, 0x0102_0304).span, mask: 0x0102_0304))
            }
        }
    }
}
