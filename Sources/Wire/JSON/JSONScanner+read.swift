extension JSONScanner {
    /// The string at `range`, its escapes decoded.
    public static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> String {
        guard kind(bytes, at: range.lowerBound) == .string, range.count >= 2 else {
            throw .json(.kindMismatch, at: range.lowerBound)
        }
        let (end, hasEscapes) = try JSONLexer.skipString(bytes.extracting(0..<range.upperBound), range.lowerBound)
        guard end == range.upperBound else { throw .json(.trailingBytes, at: end) }
        return try JSONText.string(bytes, range.lowerBound &+ 1..<end &- 1, hasEscapes: hasEscapes)
    }

    /// The number at `range` as an integer: one without fraction and exponent that fits 64 bits.
    public static func integer(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> Int64 {
        guard try number(bytes, range) else { throw .json(.kindMismatch, at: range.lowerBound) }
        if let value = JSONText.integer(bytes, range) { return value }
        // The only integer that JSONText leaves to the doubles although it fits is minus zero.
        guard range.count == 2 else { throw .json(.numberOutOfRange, at: range.lowerBound) }
        return 0
    }

    /// The number at `range` as the nearest finite double.
    public static func double(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> Double {
        _ = try number(bytes, range)
        return try JSONText.double(bytes, range)
    }

    /// The truth value at `range`.
    public static func bool(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> Bool {
        if bytes.equals("true", in: range) { return true }
        guard bytes.equals("false", in: range) else { throw .json(.kindMismatch, at: range.lowerBound) }
        return false
    }

    /// The value at `range`, decoded.
    public static func value(
        _ bytes: Span<UInt8>, _ range: Range<Int>, maximumDepth: Int = JSONValue.defaultMaximumDepth
    ) throws(WireError) -> JSONValue {
        try JSONValue.parse(bytes.extracting(range), maximumDepth: maximumDepth)
    }

    /// Checks that `range` is exactly one number; true when it has neither fraction nor exponent.
    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> Bool {
        guard kind(bytes, at: range.lowerBound) == .number, !range.isEmpty else {
            throw .json(.kindMismatch, at: range.lowerBound)
        }
        let (end, isInteger) = try JSONLexer.skipNumber(bytes.extracting(0..<range.upperBound), range.lowerBound)
        guard end == range.upperBound else { throw .json(.trailingBytes, at: end) }
        return isInteger
    }
}
