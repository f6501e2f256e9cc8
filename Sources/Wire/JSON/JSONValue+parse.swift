extension JSONValue {
    /// Decodes exactly one JSON text (RFC 8259), white space around it allowed.
    ///
    /// Stricter than the RFC must be: a name twice in one object, a lone surrogate, a number beyond a double's range, a
    /// byte order mark and anything not UTF-8 are refused.
    /// - Parameter maximumDepth: levels of arrays and objects, at most 512.
    public static func parse(
        _ bytes: Span<UInt8>, maximumDepth: Int = defaultMaximumDepth
    ) throws(WireError) -> JSONValue {
        let start = JSONLexer.skipWhitespace(bytes, 0)
        let (value, end) = try parseValue(bytes, start, depth: min(maximumDepth, JSONScanner.depthCeiling))
        let rest = JSONLexer.skipWhitespace(bytes, end)
        guard rest == bytes.count else { throw .json(.trailingBytes, at: rest) }
        return value
    }

    /// Decodes exactly one JSON text; see ``parse(_:maximumDepth:)-(Span<UInt8>,_)``.
    public static func parse(
        _ bytes: [UInt8], maximumDepth: Int = defaultMaximumDepth
    ) throws(WireError) -> JSONValue {
        try parse(bytes.span, maximumDepth: maximumDepth)
    }

    private static func parseValue(
        _ bytes: Span<UInt8>, _ start: Int, depth: Int
    ) throws(WireError) -> (JSONValue, end: Int) {
        guard start < bytes.count else { throw .json(.unexpectedEnd, at: start) }
        switch bytes[start] {
        case 0x22:
            let (end, hasEscapes) = try JSONLexer.skipString(bytes, start)
            return (.string(try JSONText.string(bytes, start &+ 1..<end &- 1, hasEscapes: hasEscapes)), end)
        case 0x7B: return try parseObject(bytes, start, depth: depth)
        case 0x5B: return try parseArray(bytes, start, depth: depth)
        case 0x74: return (.bool(true), try JSONLexer.skipLiteral(bytes, start, "true"))
        case 0x66: return (.bool(false), try JSONLexer.skipLiteral(bytes, start, "false"))
        case 0x6E: return (.null, try JSONLexer.skipLiteral(bytes, start, "null"))
        case 0x2D, 0x30...0x39:
            let (end, isInteger) = try JSONLexer.skipNumber(bytes, start)
            if isInteger, let integer = JSONText.integer(bytes, start..<end) { return (.integer(integer), end) }
            return (.double(try JSONText.double(bytes, start..<end)), end)
        default: throw .json(.unexpectedByte, at: start)
        }
    }

    private static func parseArray(
        _ bytes: Span<UInt8>, _ start: Int, depth: Int
    ) throws(WireError) -> (JSONValue, end: Int) {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        var elements: [JSONValue] = []
        var index = JSONLexer.skipWhitespace(bytes, start &+ 1)
        if index < bytes.count, bytes[index] == 0x5D { return (.array(elements), index &+ 1) }
        while true {
            let (element, end) = try parseValue(bytes, index, depth: depth &- 1)
            elements.append(element)
            index = JSONLexer.skipWhitespace(bytes, end)
            guard try JSONLexer.takeSeparator(bytes, index, closing: 0x5D) else {
                return (.array(elements), index &+ 1)
            }
            index = JSONLexer.skipWhitespace(bytes, index &+ 1)
        }
    }

    private static func parseObject(
        _ bytes: Span<UInt8>, _ start: Int, depth: Int
    ) throws(WireError) -> (JSONValue, end: Int) {
        guard depth > 0 else { throw .json(.tooDeep, at: start) }
        var members: [JSONMember] = []
        var names = JSONNameSet()
        var index = JSONLexer.skipWhitespace(bytes, start &+ 1)
        if index < bytes.count, bytes[index] == 0x7D { return (.object(members), index &+ 1) }
        while true {
            let nameStart = index
            let (range, hasEscapes, valueStart) = try JSONLexer.skipName(bytes, index)
            let name = try JSONText.string(bytes, range, hasEscapes: hasEscapes)
            guard names.insert(name, among: members) else { throw .json(.duplicateKey, at: nameStart) }
            let (value, end) = try parseValue(bytes, valueStart, depth: depth &- 1)
            members.append(JSONMember(name, value))
            index = JSONLexer.skipWhitespace(bytes, end)
            guard try JSONLexer.takeSeparator(bytes, index, closing: 0x7D) else {
                return (.object(members), index &+ 1)
            }
            index = JSONLexer.skipWhitespace(bytes, index &+ 1)
        }
    }
}
