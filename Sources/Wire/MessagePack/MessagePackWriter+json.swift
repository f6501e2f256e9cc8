extension MessagePackWriter {
    /// Writes one JSON value, white space around it allowed. Placeholders that name one of `attachments` become binary;
    /// numbers without fraction and exponent become integers where 64 bits hold them, all others doubles.
    ///
    /// Throws for what is not JSON; what was written until then is to be thrown away.
    public mutating func json(_ text: Span<UInt8>, attachments: [[UInt8]] = []) throws(WireError) {
        let start = JSONLexer.skipWhitespace(text, 0)
        let end = try jsonValue(text, start, attachments, MessagePackReader.maximumDepth)
        let rest = JSONLexer.skipWhitespace(text, end)
        guard rest == text.count else { throw .json(.trailingBytes, at: rest) }
    }

    /// Writes comma-separated JSON values one after the other, and returns how many there were; none for an empty text.
    public mutating func jsonValues(_ text: Span<UInt8>, attachments: [[UInt8]] = []) throws(WireError) -> Int {
        var index = JSONLexer.skipWhitespace(text, 0)
        guard index < text.count else { return 0 }
        var count = 0
        while true {
            let end = try jsonValue(text, index, attachments, MessagePackReader.maximumDepth)
            count &+= 1
            index = JSONLexer.skipWhitespace(text, end)
            guard index < text.count else { return count }
            guard text[index] == 0x2C else { throw .json(.unexpectedByte, at: index) }
            index = JSONLexer.skipWhitespace(text, index &+ 1)
        }
    }

    private mutating func jsonValue(
        _ text: Span<UInt8>, _ start: Int, _ attachments: [[UInt8]], _ depth: Int
    ) throws(WireError) -> Int {
        guard start < text.count else { throw .json(.unexpectedEnd, at: start) }
        switch text[start] {
        case 0x22: return try jsonString(text, start)
        case 0x7B: return try jsonObject(text, start, attachments, depth)
        case 0x5B: return try jsonArray(text, start, attachments, depth)
        case 0x74:
            value(true)
            return try JSONLexer.skipLiteral(text, start, "true")
        case 0x66:
            value(false)
            return try JSONLexer.skipLiteral(text, start, "false")
        case 0x6E:
            null()
            return try JSONLexer.skipLiteral(text, start, "null")
        case 0x2D, 0x30...0x39: return try jsonNumber(text, start)
        default: throw .json(.unexpectedByte, at: start)
        }
    }

    private mutating func jsonString(_ text: Span<UInt8>, _ start: Int) throws(WireError) -> Int {
        let (end, hasEscapes) = try JSONLexer.skipString(text, start)
        try jsonText(text, start &+ 1..<end &- 1, hasEscapes)
        return end
    }

    private mutating func jsonText(_ text: Span<UInt8>, _ content: Range<Int>, _ hasEscapes: Bool) throws(WireError) {
        guard hasEscapes else { return string(text.extracting(content)) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        try JSONText.appendDecoded(text, content, to: &decoded)
        string(decoded.span)
    }

    private mutating func jsonNumber(_ text: Span<UInt8>, _ start: Int) throws(WireError) -> Int {
        let (end, isInteger) = try JSONLexer.skipNumber(text, start)
        if isInteger, let integer = JSONText.integer(text, start..<end) {
            value(integer)
            return end
        }
        var digits: [UInt8] = []
        digits.append(copying: text, start..<end)
        let written = String(decoding: digits, as: UTF8.self)
        if isInteger, let unsigned = UInt64(written) {
            self.unsigned(unsigned)
        } else {
            // Beyond a double's range this is infinite, as ECMAScript reads it, and comes out as null.
            value(Double(written) ?? .infinity)
        }
        return end
    }

    private mutating func jsonArray(
        _ text: Span<UInt8>, _ start: Int, _ attachments: [[UInt8]], _ depth: Int
    ) throws(WireError) -> Int {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        let first = JSONLexer.skipWhitespace(text, start &+ 1)
        if first < text.count, text[first] == 0x5D {
            array(0)
            return first &+ 1
        }
        let container = openContainer()
        let (count, end) = try jsonElements(text, first, closing: 0x5D, attachments, depth &- 1)
        closeArray(container, count)
        return end
    }

    private mutating func jsonObject(
        _ text: Span<UInt8>, _ start: Int, _ attachments: [[UInt8]], _ depth: Int
    ) throws(WireError) -> Int {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        if !attachments.isEmpty, let (number, end) = try placeholder(text, start, depth), number < attachments.count {
            binary(attachments[number])
            return end
        }
        let first = JSONLexer.skipWhitespace(text, start &+ 1)
        if first < text.count, text[first] == 0x7D {
            map(0)
            return first &+ 1
        }
        let container = openContainer()
        let (count, end) = try jsonElements(text, first, closing: 0x7D, attachments, depth &- 1)
        closeMap(container, count)
        return end
    }

    /// What stands between the brackets of an array or of an object (then each with its name), one at least; how many there
    /// are, and the place behind the closing bracket.
    private mutating func jsonElements(
        _ text: Span<UInt8>, _ first: Int, closing: UInt8, _ attachments: [[UInt8]], _ depth: Int
    ) throws(WireError) -> (count: Int, end: Int) {
        var index = first
        var count = 0
        while true {
            if closing == 0x7D {
                let (name, hasEscapes, value) = try JSONLexer.skipName(text, index)
                try jsonText(text, name, hasEscapes)
                index = value
            }
            index = JSONLexer.skipWhitespace(text, try jsonValue(text, index, attachments, depth))
            count &+= 1
            guard try JSONLexer.takeSeparator(text, index, closing: closing) else { return (count, index &+ 1) }
            index = JSONLexer.skipWhitespace(text, index &+ 1)
        }
    }

    /// The number that an object `{"_placeholder":true,"num":n}` bears, and where it ends. Two members make one, so an
    /// object is looked at only up to its third.
    private func placeholder(
        _ text: Span<UInt8>, _ start: Int, _ depth: Int
    ) throws(WireError) -> (number: Int, end: Int)? {
        var isPlaceholder = false
        var number: Int?
        var index = JSONLexer.skipWhitespace(text, start &+ 1)
        if index < text.count, text[index] == 0x7D { return nil }
        for _ in 0..<2 {
            let (name, _, value) = try JSONLexer.skipName(text, index)
            let isMark = text.equals("_placeholder", in: name)
            guard isMark || text.equals("num", in: name), JSONScanner.kind(text, at: value) != .object,
                JSONScanner.kind(text, at: value) != .array
            else { return nil }
            let end = try JSONLexer.skipValue(text, value, depth: depth)
            if isMark {
                isPlaceholder = text.equals("true", in: value..<end)
            } else {
                number = (try? JSONScanner.integer(text, value..<end)).flatMap { $0 >= 0 ? Int($0) : nil }
            }
            index = JSONLexer.skipWhitespace(text, end)
            guard try JSONLexer.takeSeparator(text, index, closing: 0x7D) else {
                guard isPlaceholder, let number else { return nil }
                return (number, index &+ 1)
            }
            index = JSONLexer.skipWhitespace(text, index &+ 1)
        }
        return nil
    }
}
