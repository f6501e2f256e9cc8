/// The character classes of RFC 9110 section 5.6, as bit sets.
enum HTTPSyntax {
    /// `tchar`: what methods and field names are made of.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // ! # $ % & ' * + - . 0-9 | A-Z ^ _ ` a-z | ~
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte &- 64) & 1 == 1
    }

    /// `field-vchar`, space and tab: what a field's value is made of.
    @inline(__always)
    static func isFieldContent(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Whether the bytes at `range` are `text`, ASCII letters of either case being the same.
    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, ignoringCase text: String) -> Bool {
        let utf8 = text.utf8.span
        guard utf8.count == range.count else { return false }
        for index in 0..<utf8.count
        where lowercased(bytes[range.lowerBound &+ index]) != lowercased(utf8[index]) { return false }
        return true
    }

    /// Whether the comma separated list at `range` has the element `token`, whatever its case.
    static func list(_ bytes: Span<UInt8>, _ range: Range<Int>, contains token: String) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            var end = index
            while end < range.upperBound, bytes[end] != 0x2C { end &+= 1 }
            if equals(bytes, trim(bytes, index..<end), ignoringCase: token) { return true }
            index = end &+ 1
        }
        return false
    }

    /// `range` without the blanks at both its ends.
    static func trim(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(bytes[start]) { start &+= 1 }
        while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
        return start..<end
    }

    /// The number that the decimal digits at `range` make; nil for anything else, and beyond 18 digits.
    static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var value = 0
        for index in range {
            guard JSONLexer.isDigit(bytes[index]) else { return nil }
            value = value &* 10 &+ Int(bytes[index] &- 0x30)
        }
        return value
    }

    static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        let part = bytes.extracting(range)
        if let utf8 = try? UTF8Span(validating: part) { return String(copying: utf8) }
        // Field values may be any bytes (`obs-text`); what is not UTF-8 is shown as such.
        var copy: [UInt8] = []
        copy.append(copying: part)
        return String(decoding: copy, as: UTF8.self)
    }
}
