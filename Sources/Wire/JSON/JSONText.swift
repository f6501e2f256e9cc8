/// Reading the scalar values of JSON out of raw bytes whose grammar ``JSONLexer`` has already accepted.
enum JSONText {
    /// The string between the quotes at `content`.
    static func string(_ bytes: Span<UInt8>, _ content: Range<Int>, hasEscapes: Bool) throws(WireError) -> String {
        guard hasEscapes else { return try makeString(bytes.extracting(content), at: content.lowerBound) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        try appendDecoded(bytes, content, to: &decoded)
        return try makeString(decoded.span, at: content.lowerBound)
    }

    /// Appends the bytes of the string between the quotes at `content`, escapes taken for what they mean.
    static func appendDecoded(
        _ bytes: Span<UInt8>, _ content: Range<Int>, to decoded: inout [UInt8]
    ) throws(WireError) {
        let inside = bytes.extracting(0..<content.upperBound)
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = inside[index]
            if byte == 0x5C {
                let (end, scalar) = try JSONLexer.decodeEscape(inside, index)
                append(scalar, to: &decoded)
                index = end
            } else {
                decoded.append(byte)
                index &+= 1
            }
        }
    }

    private static func makeString(_ bytes: Span<UInt8>, at offset: Int) throws(WireError) -> String {
        do throws(Unicode.UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw .json(.invalidUTF8, at: offset &+ error.byteOffsets.lowerBound)
        }
    }

    private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
        }
    }

    /// The integer at `range`, or nil when it does not fit 64 bits. `-0` is no integer: its sign would be lost.
    static func integer(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        let isNegative = bytes[range.lowerBound] == 0x2D
        let digits = (isNegative ? range.lowerBound &+ 1 : range.lowerBound)..<range.upperBound
        if isNegative, digits.count == 1, bytes[digits.lowerBound] == 0x30 { return nil }
        var value: Int64 = 0
        for index in digits {
            let digit = Int64(bytes[index] &- 0x30)
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, exceeds) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflows || exceeds { return nil }
            value = sum
        }
        return value
    }

    /// The double nearest to the number at `range`.
    static func double(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> Double {
        if let exact = exactDouble(bytes, range) { return exact }
        let text = try makeString(bytes.extracting(range), at: range.lowerBound)
        guard let value = Double(text), value.isFinite else { throw .json(.numberOutOfRange, at: range.lowerBound) }
        return value
    }

    /// A decimal of at most 2^53 scaled by a power of ten of at most 10^22: both are exact doubles, so one division or
    /// multiplication rounds once, which is right (Clinger 1990). Coordinates all take this path.
    private static func exactDouble(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double? {
        var index = range.lowerBound
        let isNegative = bytes[index] == 0x2D
        if isNegative { index &+= 1 }
        var mantissa: UInt64 = 0
        var scale = 0
        var isFraction = false
        var digits = 0
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == 0x2E {
                isFraction = true
            } else {
                guard JSONLexer.isDigit(byte) else { return nil }
                digits &+= 1
                guard digits <= 18 else { return nil }
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                if isFraction { scale &+= 1 }
            }
            index &+= 1
        }
        guard mantissa <= 1 << 53 else { return nil }
        let magnitude = Double(mantissa) / powerOfTen(scale)
        return isNegative ? -magnitude : magnitude
    }

    @inline(__always)
    private static func powerOfTen(_ exponent: Int) -> Double {
        // 10^0…10^18, each exact.
        let table: InlineArray<19, Double> = [
            1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
        ]
        return table[exponent]
    }
}
