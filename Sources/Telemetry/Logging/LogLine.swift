/// One line: a JSON object and a newline. Control characters are escaped, so that nothing a client sends can begin a
/// line of its own.
struct LogLine {
    private var bytes: [UInt8] = []

    init(level: LogLevel, event: String, milliseconds: Int64) {
        bytes.reserveCapacity(256)
        append("{\"ts\":\"\(LogClock.text(milliseconds))\",\"level\":\"\(level.name)\",\"event\":")
        quote(event)
    }

    /// Fields only, to be put into many lines.
    init() {}

    /// Bytes of one text; the rest is cut off.
    static let maximumText = 2000

    mutating func field(_ name: String, _ value: LogValue) {
        append(",")
        quote(name)
        append(":")
        if LogRedaction.isSecret(name) {
            quote(LogRedaction.mark)
            return
        }
        switch value {
        case .string(let text): quote(LogRedaction.clean(Self.cut(text)))
        case .integer(let number): append(String(number))
        // JSON has no other numbers.
        case .double(let number): append(number.isFinite ? String(number) : "null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .null: append("null")
        }
    }

    mutating func append(fields: [UInt8]) {
        bytes += fields
    }

    var fields: [UInt8] { bytes }

    func finished() -> [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumText else { return text }
        // A character cut in half becomes U+FFFD.
        return String(decoding: text.utf8.prefix(maximumText), as: UTF8.self) + "…"
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7F: append("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
