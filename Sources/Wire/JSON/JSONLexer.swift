/// The grammar of RFC 8259 over raw bytes: each function takes the offset where something begins and returns the offset
/// behind it. Nothing is decoded and nothing allocated. UTF-8 is not checked here.
enum JSONLexer {
    /// Section 2, `ws`.
    @inline(__always)
    static func skipWhitespace(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            index &+= 1
        }
        return index
    }

    /// Skips one value of any kind; `depth` more levels of nesting are allowed.
    static func skipValue(_ bytes: Span<UInt8>, _ start: Int, depth: Int) throws(WireError) -> Int {
        guard start < bytes.count else { throw .json(.unexpectedEnd, at: start) }
        switch bytes[start] {
        case 0x22: return try skipString(bytes, start).end
        case 0x7B: return try skipObject(bytes, start, depth: depth)
        case 0x5B: return try skipArray(bytes, start, depth: depth)
        case 0x74: return try skipLiteral(bytes, start, "true")
        case 0x66: return try skipLiteral(bytes, start, "false")
        case 0x6E: return try skipLiteral(bytes, start, "null")
        case 0x2D, 0x30...0x39: return try skipNumber(bytes, start).end
        default: throw .json(.unexpectedByte, at: start)
        }
    }

    static func skipLiteral(_ bytes: Span<UInt8>, _ start: Int, _ literal: String) throws(WireError) -> Int {
        let text = literal.utf8.span
        for index in 0..<text.count {
            guard start &+ index < bytes.count else { throw .json(.unexpectedEnd, at: bytes.count) }
            guard bytes[start &+ index] == text[index] else { throw .json(.unexpectedByte, at: start &+ index) }
        }
        return start &+ text.count
    }

    /// Marks the top bit of each byte that is a quote, a backslash or a control character. Bytes above one that is marked may
    /// be marked too, so that the lowest mark alone is to be trusted.
    @inline(__always)
    private static func notPlain(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // With its bit 1 turned the quote is 0x20, and what is below that stays there: all of them are less than 0x21.
        let low = (word ^ (ones &* 0x02)) &- ones &* 0x21
        let backslash = (word ^ (ones &* 0x5C)) &- ones
        return (low | backslash) & ~word & (ones &* 0x80)
    }

    /// The offset of the first quote, backslash or control character from `start` on; the end when there is none.
    @inline(never)
    private static func endOfPlain(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var rest = bytes.extracting(droppingFirst: start)
        // Many strings are short.
        if rest.count >= 8 {
            let found = notPlain(rest.word(at: 0))
            guard found == 0 else { return bytes.count &- rest.count &+ found.trailingZeroBitCount / 8 }
            rest = rest.extracting(droppingFirst: 8)
        }
        // The compiler takes two words at once.
        while rest.count >= 32 {
            let low = notPlain(rest.word(at: 0)) | notPlain(rest.word(at: 8))
            let high = notPlain(rest.word(at: 16)) | notPlain(rest.word(at: 24))
            guard low | high == 0 else { break }
            rest = rest.extracting(droppingFirst: 32)
        }
        while rest.count >= 8 {
            let found = notPlain(rest.word(at: 0))
            guard found == 0 else { return bytes.count &- rest.count &+ found.trailingZeroBitCount / 8 }
            rest = rest.extracting(droppingFirst: 8)
        }
        var index = bytes.count &- rest.count
        while index < bytes.count {
            let byte = bytes[index]
            guard byte >= 0x20, byte != 0x22, byte != 0x5C else { break }
            index &+= 1
        }
        return index
    }

    /// `skipString` for who has nothing else to do with a string that has escapes: nil for those, and for what is none.
    @inline(__always)
    static func skipPlainString(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
        let end = endOfPlain(bytes, start &+ 1)
        return end < bytes.count && bytes[end] == 0x22 ? end &+ 1 : nil
    }

    /// Section 7. `start` is the opening quote; `end` is behind the closing one.
    static func skipString(_ bytes: Span<UInt8>, _ start: Int) throws(WireError) -> (end: Int, hasEscapes: Bool) {
        var index = start &+ 1
        var hasEscapes = false
        while true {
            index = endOfPlain(bytes, index)
            guard index < bytes.count else { throw .json(.unexpectedEnd, at: index) }
            let byte = bytes[index]
            if byte == 0x22 { return (index &+ 1, hasEscapes) }
            guard byte == 0x5C else { throw .json(.controlCharacter, at: index) }
            hasEscapes = true
            index = try decodeEscape(bytes, index).end
        }
    }

    /// One escape sequence, `start` being its backslash. Both halves of a surrogate pair are one sequence.
    static func decodeEscape(
        _ bytes: Span<UInt8>, _ start: Int
    ) throws(WireError) -> (end: Int, scalar: UInt32) {
        guard start &+ 1 < bytes.count else { throw .json(.unexpectedEnd, at: bytes.count) }
        let scalar: UInt32
        switch bytes[start &+ 1] {
        case 0x22: scalar = 0x22
        case 0x5C: scalar = 0x5C
        case 0x2F: scalar = 0x2F
        case 0x62: scalar = 0x08
        case 0x66: scalar = 0x0C
        case 0x6E: scalar = 0x0A
        case 0x72: scalar = 0x0D
        case 0x74: scalar = 0x09
        case 0x75:
            let unit = try fourHexDigits(bytes, start &+ 2)
            if unit & 0xF800 != 0xD800 { return (start &+ 6, unit) }
            // Section 8.2: what a lone surrogate means is unpredictable, so it is refused.
            guard unit < 0xDC00 else { throw .json(.loneSurrogate, at: start) }
            guard start &+ 7 < bytes.count else {
                throw .json(start &+ 6 < bytes.count ? .loneSurrogate : .unexpectedEnd, at: start)
            }
            guard bytes[start &+ 6] == 0x5C, bytes[start &+ 7] == 0x75 else { throw .json(.loneSurrogate, at: start) }
            let low = try fourHexDigits(bytes, start &+ 8)
            guard low & 0xFC00 == 0xDC00 else { throw .json(.loneSurrogate, at: start) }
            return (start &+ 12, 0x10000 &+ ((unit & 0x3FF) << 10 | (low & 0x3FF)))
        default: throw .json(.invalidEscape, at: start)
        }
        return (start &+ 2, scalar)
    }

    private static func fourHexDigits(_ bytes: Span<UInt8>, _ start: Int) throws(WireError) -> UInt32 {
        guard start &+ 4 <= bytes.count else { throw .json(.unexpectedEnd, at: bytes.count) }
        var value: UInt32 = 0
        for index in start..<start &+ 4 {
            guard let digit = hexDigit(bytes[index]) else { throw .json(.invalidEscape, at: index) }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Section 6. `isInteger`: neither fraction nor exponent.
    static func skipNumber(_ bytes: Span<UInt8>, _ start: Int) throws(WireError) -> (end: Int, isInteger: Bool) {
        var index = start
        if index < bytes.count, bytes[index] == 0x2D { index &+= 1 }
        guard index < bytes.count else { throw .json(.unexpectedEnd, at: index) }
        if bytes[index] == 0x30 {
            index &+= 1
            if index < bytes.count, isDigit(bytes[index]) { throw .json(.invalidNumber, at: index) }
        } else {
            index = try skipDigits(bytes, index)
        }
        var isInteger = true
        if index < bytes.count, bytes[index] == 0x2E {
            isInteger = false
            index = try skipDigits(bytes, index &+ 1)
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            isInteger = false
            index &+= 1
            if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index &+= 1 }
            index = try skipDigits(bytes, index)
        }
        return (index, isInteger)
    }

    private static func skipDigits(_ bytes: Span<UInt8>, _ start: Int) throws(WireError) -> Int {
        var index = start
        while index < bytes.count, isDigit(bytes[index]) { index &+= 1 }
        guard index > start else {
            throw .json(index < bytes.count ? .invalidNumber : .unexpectedEnd, at: index)
        }
        return index
    }

    static func skipArray(_ bytes: Span<UInt8>, _ start: Int, depth: Int) throws(WireError) -> Int {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        var index = skipWhitespace(bytes, start &+ 1)
        if index < bytes.count, bytes[index] == 0x5D { return index &+ 1 }
        while true {
            index = skipWhitespace(bytes, try skipValue(bytes, index, depth: depth &- 1))
            guard try takeSeparator(bytes, index, closing: 0x5D) else { return index &+ 1 }
            index = skipWhitespace(bytes, index &+ 1)
        }
    }

    static func skipObject(_ bytes: Span<UInt8>, _ start: Int, depth: Int) throws(WireError) -> Int {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        var index = skipWhitespace(bytes, start &+ 1)
        if index < bytes.count, bytes[index] == 0x7D { return index &+ 1 }
        while true {
            index = try skipName(bytes, index).value
            index = skipWhitespace(bytes, try skipValue(bytes, index, depth: depth &- 1))
            guard try takeSeparator(bytes, index, closing: 0x7D) else { return index &+ 1 }
            index = skipWhitespace(bytes, index &+ 1)
        }
    }

    /// A member's name and its colon: the name's content without quotes, and where the value begins.
    @inline(__always)
    static func skipName(
        _ bytes: Span<UInt8>, _ start: Int
    ) throws(WireError) -> (name: Range<Int>, hasEscapes: Bool, value: Int) {
        guard start < bytes.count else { throw .json(.unexpectedEnd, at: start) }
        guard bytes[start] == 0x22 else { throw .json(.unexpectedByte, at: start) }
        let (end, hasEscapes) = try skipString(bytes, start)
        let colon = skipWhitespace(bytes, end)
        guard colon < bytes.count else { throw .json(.unexpectedEnd, at: colon) }
        guard bytes[colon] == 0x3A else { throw .json(.unexpectedByte, at: colon) }
        return (start &+ 1..<end &- 1, hasEscapes, skipWhitespace(bytes, colon &+ 1))
    }

    /// True at a comma, false at `closing`.
    @inline(__always)
    static func takeSeparator(_ bytes: Span<UInt8>, _ index: Int, closing: UInt8) throws(WireError) -> Bool {
        guard index < bytes.count else { throw .json(.unexpectedEnd, at: index) }
        if bytes[index] == 0x2C { return true }
        guard bytes[index] == closing else { throw .json(.unexpectedByte, at: index) }
        return false
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of one hexadecimal digit.
    @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let lower = byte | 0x20
        return lower &- 0x61 < 6 ? lower &- 0x61 &+ 10 : nil
    }
}
