/// Reads raw JSON in place: finds and checks values without decoding what nobody asks for.
///
/// Offsets and ranges count from the start of the span given. A range given must hold exactly one value, as the ranges
/// that these functions return do. Only the parts passed over are checked; ``validate(_:in:maximumDepth:)`` checks all.
public enum JSONScanner {
    /// More nesting than this is refused whatever the caller allows: the scan recurses.
    public static let depthCeiling = 512

    /// Checks that `range` (everything when nil) is exactly one JSON value in UTF-8, white space around it allowed.
    ///
    /// Names that occur twice in one object are not looked for: that needs memory. ``member(_:in:_:)`` refuses them.
    /// - Returns: the value's range without the white space.
    @discardableResult
    public static func validate(
        _ bytes: Span<UInt8>, in range: Range<Int>? = nil, maximumDepth: Int = JSONValue.defaultMaximumDepth
    ) throws(WireError) -> Range<Int> {
        let range = range ?? 0..<bytes.count
        do throws(Unicode.UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.extracting(range))
        } catch {
            throw .json(.invalidUTF8, at: range.lowerBound &+ error.byteOffsets.lowerBound)
        }
        return try grammar(bytes, in: range, maximumDepth: maximumDepth)
    }

    /// ``validate(_:in:maximumDepth:)`` for bytes already known to be UTF-8.
    static func grammar(
        _ bytes: Span<UInt8>, in range: Range<Int>, maximumDepth: Int
    ) throws(WireError) -> Range<Int> {
        let inside = bytes.extracting(0..<range.upperBound)
        let start = JSONLexer.skipWhitespace(inside, range.lowerBound)
        let end = try JSONLexer.skipValue(inside, start, depth: min(maximumDepth, depthCeiling))
        let rest = JSONLexer.skipWhitespace(inside, end)
        guard rest == range.upperBound else { throw .json(.trailingBytes, at: rest) }
        return start..<end
    }

    /// What the value that begins at `offset` is; nil when nothing begins there.
    public static func kind(_ bytes: Span<UInt8>, at offset: Int) -> JSONKind? {
        guard offset >= 0, offset < bytes.count else { return nil }
        return switch bytes[offset] {
        case 0x7B: .object
        case 0x5B: .array
        case 0x22: .string
        case 0x74, 0x66: .bool
        case 0x6E: .null
        case 0x2D, 0x30...0x39: .number
        default: nil
        }
    }

    /// Calls `body` with the range of each element of the array at `range`, in order.
    public static func forEachElement(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        let inside = bytes.extracting(0..<range.upperBound)
        var index = try open(inside, range, 0x5B)
        if index < inside.count, inside[index] == 0x5D { return try close(inside, index) }
        while true {
            let end = try JSONLexer.skipValue(inside, index, depth: depthCeiling)
            try body(index..<end)
            index = JSONLexer.skipWhitespace(inside, end)
            guard try JSONLexer.takeSeparator(inside, index, closing: 0x5D) else { return try close(inside, index) }
            index = JSONLexer.skipWhitespace(inside, index &+ 1)
        }
    }

    /// The ranges of the elements of the array at `range`.
    public static func elements(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> [Range<Int>] {
        var found: [Range<Int>] = []
        try forEachElement(bytes, range) { element throws(WireError) in found.append(element) }
        return found
    }

    /// Calls `body` with each member of the object at `range`: its name's content between the quotes (escapes not
    /// decoded; ``name(_:_:equals:)`` compares) and its value.
    public static func forEachMember(
        _ bytes: Span<UInt8>, _ range: Range<Int>,
        _ body: (_ name: Range<Int>, _ value: Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        let inside = bytes.extracting(0..<range.upperBound)
        var index = try open(inside, range, 0x7B)
        if index < inside.count, inside[index] == 0x7D { return try close(inside, index) }
        while true {
            let (name, _, start) = try JSONLexer.skipName(inside, index)
            let end = try JSONLexer.skipValue(inside, start, depth: depthCeiling)
            try body(name, start..<end)
            index = JSONLexer.skipWhitespace(inside, end)
            guard try JSONLexer.takeSeparator(inside, index, closing: 0x7D) else { return try close(inside, index) }
            index = JSONLexer.skipWhitespace(inside, index &+ 1)
        }
    }

    /// The value of the member called `name` of the object at `range`; nil when it has none, an error when it has two.
    public static func member(
        _ name: String, in bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(WireError) -> Range<Int>? {
        var found: Range<Int>?
        try forEachMember(bytes, range) { candidate, value throws(WireError) in
            guard try self.name(bytes, candidate, equals: name) else { return }
            guard found == nil else { throw .json(.duplicateKey, at: candidate.lowerBound) }
            found = value
        }
        return found
    }

    /// Whether the name whose content lies at `content` is `text`, escapes taken for what they mean.
    public static func name(
        _ bytes: Span<UInt8>, _ content: Range<Int>, equals text: String
    ) throws(WireError) -> Bool {
        for index in content where bytes[index] == 0x5C {
            return try JSONText.string(bytes, content, hasEscapes: true) == text
        }
        return bytes.equals(text, in: content)
    }

    private static func open(_ bytes: Span<UInt8>, _ range: Range<Int>, _ bracket: UInt8) throws(WireError) -> Int {
        guard !range.isEmpty, bytes[range.lowerBound] == bracket else {
            throw .json(.kindMismatch, at: range.lowerBound)
        }
        return JSONLexer.skipWhitespace(bytes, range.lowerBound &+ 1)
    }

    private static func close(_ bytes: Span<UInt8>, _ index: Int) throws(WireError) {
        guard index &+ 1 == bytes.count else { throw .json(.trailingBytes, at: index &+ 1) }
    }
}
