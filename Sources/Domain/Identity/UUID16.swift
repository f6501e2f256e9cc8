/// A UUID (RFC 9562) as two 64-bit words in network order; 16 bytes, no heap.
///
/// Ordering is that of the 16 bytes, which is PostgreSQL's `uuid` ordering and, for version 7, creation order by
/// millisecond. Rows that must be locked by id are sorted with it.
public struct UUID16: Hashable, Sendable {
    /// Bytes 0–7, the first byte in the highest bits.
    public let high: UInt64
    /// Bytes 8–15, the first byte in the highest bits.
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The UUID of 16 bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<8 {
            words.high = words.high << 8 | UInt64(bytes[index])
            words.low = words.low << 8 | UInt64(bytes[index + 8])
        }
        self.init(high: words.high, low: words.low)
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] {
        (0..<16).map { index in
            UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
        }
    }

    /// The version nibble (RFC 9562, 4.2): 7 for the ids made here.
    public var version: Int { Int(high >> 12 & 0xF) }

    /// Version 7 only: the Unix time in milliseconds at which the id was made.
    public var unixMilliseconds: Int64 { Int64(high >> 16) }
}

extension UUID16: Comparable {
    @inlinable
    public static func < (left: UUID16, right: UUID16) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension UUID16: LosslessStringConvertible {
    /// Parses the canonical form of 36 characters (RFC 9562, 4), hexadecimal digits of either case; nil for anything
    /// else, also for braces, `urn:uuid:` and missing hyphens.
    public init?(_ text: String) {
        self.init(utf8: text.utf8.span)
    }

    /// Parses 36 bytes as `init(_:)` does.
    public init?(utf8: Span<UInt8>) {
        guard utf8.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for index in 0..<36 {
            let byte = utf8[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.hexadecimalDigit(byte) else { return nil }
            if digits < 16 { words.high = words.high << 4 | digit } else { words.low = words.low << 4 | digit }
            digits += 1
        }
        self.init(high: words.high, low: words.low)
    }

    /// The canonical form, lower case.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 36 bytes of the canonical form, lower case.
    public func append(to output: inout [UInt8]) {
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { output.append(UInt8(ascii: "-")) }
            let word = nibble < 16 ? high : low
            let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble & 15))) & 0xF
            output.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value)
        }
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
