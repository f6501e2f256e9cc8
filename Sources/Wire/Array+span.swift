extension [UInt8] {
    /// Appends every byte of `span`: one copy, at most one growth.
    public mutating func append(copying span: Span<UInt8>) {
        append(addingCapacity: span.count) { output in
            for index in 0..<span.count { output.append(span[index]) }
        }
    }

    /// Appends the bytes of `span` at `range`, which must lie within it.
    public mutating func append(copying span: Span<UInt8>, _ range: Range<Int>) {
        append(copying: span.extracting(range))
    }

    /// Appends the decimal digits of `value`, without making a string.
    public mutating func append(decimal value: Int) {
        var magnitude = value.magnitude
        if value < 0 { append(0x2D) }
        if magnitude < 10 {
            append(0x30 &+ UInt8(truncatingIfNeeded: magnitude))
            return
        }
        // 20 digits hold UInt64.max.
        var digits = InlineArray<20, UInt8>(repeating: 0x30)
        var first = 20
        while magnitude > 0 {
            first &-= 1
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            digits[first] = 0x30 &+ UInt8(truncatingIfNeeded: remainder)
            magnitude = quotient
        }
        for index in first..<20 { append(digits[index]) }
    }
}

extension Span<UInt8> {
    /// The eight bytes from `index` on, the first lowest. The compiler makes one load of them, and no bounds check where
    /// `index` is a number and the span is known to be long enough.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        let low =
            UInt64(self[index]) | UInt64(self[index &+ 1]) << 8 | UInt64(self[index &+ 2]) << 16
            | UInt64(self[index &+ 3]) << 24
        let high =
            UInt64(self[index &+ 4]) | UInt64(self[index &+ 5]) << 8 | UInt64(self[index &+ 6]) << 16
            | UInt64(self[index &+ 7]) << 24
        return low | high << 32
    }

    /// Whether the bytes at `range` are exactly `text`'s UTF-8.
    func equals(_ text: String, in range: Range<Int>) -> Bool {
        let utf8 = text.utf8.span
        guard utf8.count == range.count else { return false }
        for index in 0..<utf8.count where utf8[index] != self[range.lowerBound &+ index] { return false }
        return true
    }
}
