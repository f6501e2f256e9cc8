/// Standard base64 with padding (RFC 4648 section 4).
public enum Base64 {
    /// Appends the encoding of `data`.
    public static func append(_ data: Span<UInt8>, to bytes: inout [UInt8]) {
        var index = 0
        while data.count &- index >= 3 {
            let group = UInt32(data[index]) << 16 | UInt32(data[index &+ 1]) << 8 | UInt32(data[index &+ 2])
            appendDigits(group, 4, to: &bytes)
            index &+= 3
        }
        switch data.count &- index {
        case 1: appendDigits(UInt32(data[index]) << 16, 2, to: &bytes)
        case 2: appendDigits(UInt32(data[index]) << 16 | UInt32(data[index &+ 1]) << 8, 3, to: &bytes)
        default: break
        }
    }

    /// The encoding of `data`.
    public static func encode(_ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((data.count + 2) / 3 * 4)
        append(data.span, to: &bytes)
        return bytes
    }

    /// Decodes strictly: padded, no foreign byte, no bit set where padding is; nil otherwise.
    public static func decode(_ bytes: Span<UInt8>, in range: Range<Int>) -> [UInt8]? {
        guard range.count % 4 == 0 else { return nil }
        guard !range.isEmpty else { return [] }
        var padding = 0
        if bytes[range.upperBound &- 1] == 0x3D { padding = bytes[range.upperBound &- 2] == 0x3D ? 2 : 1 }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count / 4 * 3)
        var index = range.lowerBound
        while index < range.upperBound {
            let isLast = index &+ 4 == range.upperBound
            let digits = isLast ? 4 &- padding : 4
            var group: UInt32 = 0
            for offset in 0..<4 {
                guard offset < digits else {
                    group <<= 6
                    continue
                }
                guard let value = digitValue(bytes[index &+ offset]) else { return nil }
                group = group << 6 | value
            }
            decoded.append(UInt8(truncatingIfNeeded: group >> 16))
            if digits > 2 { decoded.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if digits > 3 { decoded.append(UInt8(truncatingIfNeeded: group)) }
            if digits == 2, group & 0xFFFF != 0 { return nil }
            if digits == 3, group & 0xFF != 0 { return nil }
            index &+= 4
        }
        return decoded
    }

    /// Decodes strictly; see ``decode(_:in:)``.
    public static func decode(_ bytes: [UInt8]) -> [UInt8]? { decode(bytes.span, in: 0..<bytes.count) }

    private static func appendDigits(_ group: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for position in 0..<4 {
            let value = UInt8(truncatingIfNeeded: group >> (18 &- 6 &* UInt32(position))) & 0x3F
            bytes.append(position < count ? digit(value) : 0x3D)
        }
    }

    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: 0x41 &+ value
        case 26..<52: 0x61 &+ (value &- 26)
        case 52..<62: 0x30 &+ (value &- 52)
        case 62: 0x2B
        default: 0x2F
        }
    }

    @inline(__always)
    private static func digitValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte &- 0x41)
        case 0x61...0x7A: UInt32(byte &- 0x61 &+ 26)
        case 0x30...0x39: UInt32(byte &- 0x30 &+ 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
