/// Percent-encoding (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// Decodes `text`; nil when a `%` is not followed by two hexadecimal digits, or when the result is not UTF-8 or has a
    /// NUL, which no name or value of ours may hold.
    /// - Parameter plusIsSpace: as in a form's or a query's values.
    public static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else {
            return text.utf8.contains(0) ? nil : String(text)
        }
        let encoded = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var index = 0
        while index < encoded.count {
            var byte = encoded[index]
            if byte == 0x25 {
                guard index &+ 2 < encoded.count, let high = JSONLexer.hexDigit(encoded[index &+ 1]),
                    let low = JSONLexer.hexDigit(encoded[index &+ 2])
                else { return nil }
                byte = high << 4 | low
                index &+= 2
            } else if byte == 0x2B, plusIsSpace {
                byte = 0x20
            }
            guard byte != 0 else { return nil }
            decoded.append(byte)
            index &+= 1
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Encodes everything but the unreserved characters (section 2.3).
    public static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: encoded.append(byte)
            default:
                encoded.append(0x25)
                for digit in [byte >> 4, byte & 0x0F] { encoded.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10) }
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
