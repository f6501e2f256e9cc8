import Testing
import Wire

/// Frames as bytes on a connection: each transcript whole, in pieces of five bytes, and one byte at a time.
@Suite struct WebSocketDecoderTests {
    private func expect(
        _ bytes: [UInt8], _ expected: [String], role: WebSocketRole = .server, allowsCompression: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (size, takesShort) in [(Int.max / 2, false), (Int.max / 2, true), (5, false), (1, false), (9, true)] {
            let events = WebSocketTranscript.events(
                bytes, size: size, role: role, allowsCompression: allowsCompression, takesShort: takesShort)
            #expect(events == expected, sourceLocation: sourceLocation)
        }
    }

    private func frame(_ first: UInt8, _ text: String) -> [UInt8] { WebSocketTranscript.frame(first, text) }

    private func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] { WebSocketTranscript.frame(first, payload) }

    @Test func `the frames that the protocol's text shows are decoded`() {
        // RFC 6455 section 5.7.
        expect([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], ["text Hello"])
        expect([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], ["text Hello"], role: .client)
        expect(
            [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F], ["text Hello"], role: .client)
        expect([0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], ["ping Hello"], role: .client)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 65537])
    func `every way to write a length is decoded`(count: Int) {
        let payload = [UInt8](repeating: 0x61, count: count)
        let text = count > 40 ? "\(count) bytes" : String(repeating: "a", count: count)
        for size in [Int.max / 2, 1000, 1] {
            #expect(WebSocketTranscript.events(frame(0x81, payload), size: size) == ["text \(text)"])
            #expect(WebSocketTranscript.events(frame(0x82, payload), size: size) == ["binary \(text)"])
        }
    }

    @Test func `unmasking keeps its place over every split`() {
        let text = "abcdefghijklmnopqrstuvwxyz0123456789"
        for size in 1...45 { #expect(WebSocketTranscript.events(frame(0x81, text), size: size) == ["text \(text)"]) }
    }

    @Test
    func `a text is the same taken the quick way, of every length, and nothing of it is taken where it is not whole`()
        throws
    {
        for count in Array(0...140) + [1000, 1023, 1024, 1025, 2000] {
            let payload = (0..<count).map { UInt8(0x20 + $0 * 7 % 90) }
            let bytes = frame(0x81, payload) + frame(0x81, "after")
            var decoder = WebSocketDecoder(role: .server, maximumMessage: 2000)
            var text = [UInt8](repeating: 0, count: WebSocketDecoder.shortText)
            var offset = 0
            for length in bytes.indices {
                var span = text.mutableSpan
                let taken = decoder.takeShortText(bytes.span.extracting(first: length), &offset, into: &span)
                guard let taken else {
                    #expect(offset == 0)
                    continue
                }
                #expect(taken == count && Array(text[..<taken]) == payload)
                #expect(length >= offset && offset == bytes.count - 11)
                break
            }
            #expect((offset > 0) == (count <= WebSocketDecoder.shortText))
        }
    }

    @Test(
        arguments: [
            [0x82, 0x80 | 9], [0x01, 0x80 | 9], [0xC1, 0x80 | 9], [0x81, 9], [0x89, 0x80 | 9], [0x81, 0xFE, 0, 9],
            [0x81, 0xFF],
        ] as [[UInt8]])
    func `what is no short text is not taken the quick way`(start: [UInt8]) {
        let bytes = start + [UInt8](repeating: 0, count: 200)
        var decoder = WebSocketDecoder(role: .server, maximumMessage: 2000, allowsCompression: true)
        var text = [UInt8](repeating: 0, count: WebSocketDecoder.shortText)
        var span = text.mutableSpan
        var offset = 0
        #expect(decoder.takeShortText(bytes.span, &offset, into: &span) == nil)
        #expect(offset == 0)
    }

    @Test func `messages follow each other in one piece`() {
        expect(
            frame(0x81, "a") + frame(0x82, "b") + frame(0x81, "") + frame(0x81, "c"),
            ["text a", "binary b", "text ", "text c"])
    }

    @Test func `fragments are joined and control frames between them come first`() {
        expect(
            frame(0x01, "a") + frame(0x89, "p") + frame(0x00, "b") + frame(0x8A, "q") + frame(0x80, "c")
                + frame(0x81, "d"),
            ["ping p", "pong q", "text abc", "text d"])
        expect(frame(0x02, "") + frame(0x00, "") + frame(0x80, ""), ["binary "])
        expect(frame(0x01, "é" + "€"), [])
    }

    @Test func `a character may be split over fragments`() {
        let bytes = Array("κόσμε😀".utf8)
        for cut in 0...bytes.count {
            expect(frame(0x01, Array(bytes[..<cut])) + frame(0x80, Array(bytes[cut...])), ["text κόσμε😀"])
        }
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xE2, 0x28, 0xA1],
            [0xC3, 0x28],
            [0x61, 0xF8, 0x88, 0x80, 0x80, 0x80], [0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65],
        ] as [[UInt8]])
    func `text that is not UTF-8 is refused however it is split`(payload: [UInt8]) {
        expect(frame(0x81, payload), ["1007 invalidUTF8"])
        expect(frame(0x81, Array("some ASCII before, ".utf8) + payload), ["1007 invalidUTF8"])
        for cut in 0...payload.count {
            expect(
                frame(0x01, Array(payload[..<cut])) + frame(0x80, Array(payload[cut...])), ["1007 invalidUTF8"])
        }
        let lines = WebSocketTranscript.events(frame(0x82, payload), size: 1)
        #expect(lines.count == 1 && lines[0].hasPrefix("binary"))
    }

    @Test func `what is surely not UTF-8 is refused before its message ends`() {
        expect(frame(0x01, [0xF4, 0x90]), ["1007 invalidUTF8"])
        expect(frame(0x01, [0xF4]), [])
    }

    @Test(
        arguments: [
            ([0x91, 0x80], "1002 reservedBitSet"), ([0xA1, 0x80], "1002 reservedBitSet"),
            ([0xC1, 0x80], "1002 reservedBitSet"),
            ([0x83, 0x80], "1002 unknownOpcode"), ([0x87, 0x80], "1002 unknownOpcode"),
            ([0x8B, 0x80], "1002 unknownOpcode"),
            ([0x8F, 0x80], "1002 unknownOpcode"), ([0x81, 0x05], "1002 wrongMasking"),
            ([0x09, 0x80], "1002 invalidControlFrame"),
            ([0x08, 0x80], "1002 invalidControlFrame"), ([0x89, 0xFE], "1002 invalidControlFrame"),
            ([0x88, 0xFF], "1002 invalidControlFrame"), ([0x80, 0x80], "1002 unexpectedContinuation"),
            ([0x00, 0x80], "1002 unexpectedContinuation"),
            ([0x81, 0xFE, 0, 125, 0, 0, 0, 0], "1002 invalidLength"),
            ([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], "1002 invalidLength"),
            ([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "1002 invalidLength"),
            ([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], "1009 messageTooLarge"),
        ] as [([UInt8], String)])
    func `a frame that breaks the rules is refused by its header`(bytes: [UInt8], refusal: String) {
        expect(bytes, [refusal])
    }

    @Test func `a server's frame with a mask is refused by a client`() {
        expect(frame(0x81, "a"), ["1002 wrongMasking"], role: .client)
    }

    @Test func `a message inside another is refused`() {
        expect(frame(0x01, "a") + frame(0x81, "b"), ["1002 unexpectedContinuation"])
        expect(frame(0x81, "a") + frame(0x80, "b"), ["text a", "1002 unexpectedContinuation"])
    }

    @Test func `a message beyond the limit is refused, its fragments counted together`() {
        for size in [Int.max / 2, 1] {
            #expect(WebSocketTranscript.events(frame(0x81, "abcde"), size: size, maximum: 5) == ["text abcde"])
            #expect(
                WebSocketTranscript.events(frame(0x81, "abcdef"), size: size, maximum: 5) == ["1009 messageTooLarge"])
            #expect(
                WebSocketTranscript.events(frame(0x01, "abc") + frame(0x80, "def"), size: size, maximum: 5)
                    == ["1009 messageTooLarge"])
            #expect(
                WebSocketTranscript.events(
                    frame(0x01, "abc") + frame(0x89, "pingping") + frame(0x80, "de"), size: size, maximum: 5)
                    == ["ping pingping", "text abcde"])
        }
    }

    @Test(
        arguments: [
            ([], "close - "), ([0x03, 0xE8], "close 1000 "), ([0x03, 0xE8, 0x6F, 0x6B], "close 1000 ok"),
            ([0x03, 0xF3], "close 1011 "), ([0x0B, 0xB8], "close 3000 "), ([0x13, 0x87], "close 4999 "),
            ([0x03], "1002 invalidCloseCode"), ([0x00, 0x00], "1002 invalidCloseCode"),
            ([0x03, 0xE7], "1002 invalidCloseCode"),
            ([0x03, 0xEC], "1002 invalidCloseCode"), ([0x03, 0xED], "1002 invalidCloseCode"),
            ([0x03, 0xEE], "1002 invalidCloseCode"), ([0x03, 0xF7], "1002 invalidCloseCode"),
            ([0x07, 0xD0], "1002 invalidCloseCode"), ([0x0B, 0xB7], "1002 invalidCloseCode"),
            ([0x13, 0x88], "1002 invalidCloseCode"), ([0xFF, 0xFF], "1002 invalidCloseCode"),
            ([0x03, 0xE8, 0xFF], "1007 invalidUTF8"), ([0x03, 0xE8, 0xC3], "1007 invalidUTF8"),
        ] as [([UInt8], String)])
    func `a close frame has nothing, or a code that may be sent and a reason`(payload: [UInt8], line: String) {
        expect(frame(0x88, payload), [line])
    }

    @Test func `what follows a close frame is ignored`() {
        expect(frame(0x88, [0x03, 0xE8]) + frame(0x81, "late") + [0xFF, 0xFF], ["close 1000 "])
    }

    @Test func `a control frame holds 125 bytes`() {
        expect(frame(0x89, [UInt8](repeating: 1, count: 125)), ["ping 125 bytes"])
        expect(frame(0x89, [UInt8](repeating: 1, count: 126)), ["1002 invalidControlFrame"])
    }

    @Test func `compression is told where it was negotiated and refused on what is not a message's first frame`() {
        expect(frame(0xC1, [0xFF, 0x00]), ["text compressed \u{FFFD}\0"], allowsCompression: true)
        expect(frame(0x42, "a") + frame(0x80, "b"), ["binary compressed ab"], allowsCompression: true)
        expect(frame(0x01, "a") + frame(0xC0, "b"), ["1002 reservedBitSet"], allowsCompression: true)
        expect(frame(0xC9, "a"), ["1002 reservedBitSet"], allowsCompression: true)
        expect(
            frame(0xC1, "a") + frame(0x81, [0xFF]), ["text compressed a", "1007 invalidUTF8"], allowsCompression: true)
    }

    @Test func `a kept payload is not overwritten by the next message`() throws {
        let bytes = frame(0x81, "first") + frame(0x81, "other")
        var decoder = WebSocketDecoder(role: .server, maximumMessage: 100)
        var (offset, payload) = (0, [UInt8]())
        _ = try decoder.next(bytes.span, &offset, into: &payload)
        let kept = payload
        _ = try decoder.next(bytes.span, &offset, into: &payload)
        #expect(kept == Array("first".utf8))
        #expect(payload == Array("other".utf8))
    }

    @Test func `a long message leaves no long storage to the short ones after it`() throws {
        let bytes = frame(0x81, [UInt8](repeating: 0x61, count: 100_000)) + frame(0x81, "short")
        var decoder = WebSocketDecoder(role: .server, maximumMessage: 200_000)
        var (offset, payload) = (0, [UInt8]())
        _ = try decoder.next(bytes.span, &offset, into: &payload)
        _ = try decoder.next(bytes.span, &offset, into: &payload)
        #expect(payload == Array("short".utf8))
        #expect(payload.capacity < 4096)
    }
}
