/// The JSON of token headers and claims: one object whose members are strings and whole numbers. Other values are
/// skipped over when well formed, since a member that is not known must be ignored (RFC 7519, 4).
///
/// A reader of its own, because what checks signatures depends on nothing but OpenSSL.
struct ClaimsJSON {
    enum Value: Equatable {
        case string(String)
        case integer(Int64)
        case other
    }

    /// Nil for what is not one JSON object, for a name given twice, and for nesting beyond `maximumDepth`.
    static func members(_ bytes: [UInt8]) -> [String: Value]? {
        var reader = ClaimsJSON(bytes: bytes)
        reader.skipSpace()
        guard let members = reader.object(depth: 1) else { return nil }
        reader.skipSpace()
        return reader.position == bytes.count ? members : nil
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case let control where control.value < 0x20:
                result += "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Nesting in what is skipped.
    private static let maximumDepth = 8

    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func object(depth: Int) -> [String: Value]? {
        guard depth <= Self.maximumDepth, take("{") else { return nil }
        var members: [String: Value] = [:]
        skipSpace()
        if take("}") { return members }
        repeat {
            skipSpace()
            guard let name = string() else { return nil }
            skipSpace()
            guard take(":"), let value = value(depth: depth), members.updateValue(value, forKey: name) == nil else {
                return nil
            }
            skipSpace()
        } while take(",")
        return take("}") ? members : nil
    }

    private mutating func array(depth: Int) -> Bool {
        guard depth <= Self.maximumDepth, take("[") else { return false }
        skipSpace()
        if take("]") { return true }
        repeat {
            guard value(depth: depth) != nil else { return false }
            skipSpace()
        } while take(",")
        return take("]")
    }

    private mutating func value(depth: Int) -> Value? {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "{"): return object(depth: depth + 1).map { _ in .other }
        case UInt8(ascii: "["): return array(depth: depth + 1) ? .other : nil
        case UInt8(ascii: "t"): return literal("true")
        case UInt8(ascii: "f"): return literal("false")
        case UInt8(ascii: "n"): return literal("null")
        default: return number()
        }
    }

    private mutating func literal(_ text: StaticString) -> Value? {
        for scalar in "\(text)".unicodeScalars where !take(scalar) { return nil }
        return .other
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        return position - start
    }

    private mutating func number() -> Value? {
        let start = position
        _ = take("-")
        if !take("0") { guard digits() > 0 else { return nil } }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard digits() > 0 else { return nil }
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("+") || take("-")
            guard digits() > 0 else { return nil }
        }
        guard isWhole else { return .other }
        return Int64(String(decoding: bytes[start..<position], as: UTF8.self)).map { .integer($0) } ?? .other
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal() else { return nil }
            guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) }
            guard take("\\"), take("u"), let low = hexadecimal(), low & 0xFC00 == 0xDC00 else { return nil }
            return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
        default: return nil
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
                return nil
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
