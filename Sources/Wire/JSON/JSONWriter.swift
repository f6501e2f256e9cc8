/// Writes JSON text into a byte array: commas and escapes are its business, nesting is the caller's.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { $0.field("id", id); $0.field("items") { $0.array { $0.value(1) } }; $0.field("order", raw: bytes) }
/// ```
public struct JSONWriter: Sendable {
    /// The text written so far.
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends what `body` writes to `bytes`, in place.
    public static func append(to bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(continuing: bytes)
        // Without this the writer would share the storage and copy it on its first append.
        bytes = []
        body(&writer)
        bytes = writer.bytes
    }

    private init(continuing bytes: consuming [UInt8]) { self.bytes = bytes }

    // MARK: Containers

    /// Writes an object; `body` writes its fields.
    public mutating func object(_ body: (inout JSONWriter) -> Void) { enclose(0x7B, 0x7D, body) }

    /// Writes an array; `body` writes its values.
    public mutating func array(_ body: (inout JSONWriter) -> Void) { enclose(0x5B, 0x5D, body) }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    // MARK: Values

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func value(_ value: String) {
        separate()
        Self.appendString(value, to: &bytes)
    }

    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func value(_ value: Int) {
        separate()
        bytes.append(decimal: value)
    }

    public mutating func value(_ value: Int64) { self.value(Int(value)) }

    /// The shortest text that reads back as the same double; what JSON cannot say (infinite, not a number) is null.
    public mutating func value(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.value(bool)
        case .integer(let integer): self.value(integer)
        case .double(let double): self.value(double)
        case .string(let string): self.value(string)
        case .array(let elements): array { writer in for element in elements { writer.value(element) } }
        case .object(let members):
            object { writer in for member in members { writer.field(member.name, member.value) } }
        }
    }

    /// Splices one value that is JSON already; it is not checked.
    public mutating func value(raw: [UInt8]) {
        separate()
        bytes.append(contentsOf: raw)
    }

    /// Splices one value that is JSON already; it is not checked.
    public mutating func value(raw: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: raw)
    }

    // MARK: Fields of an object

    public mutating func field(_ name: String, _ value: String) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, _ value: Bool) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, _ value: Int) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, _ value: Int64) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, _ value: Double) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, _ value: JSONValue) { named(name) { $0.value(value) } }
    public mutating func field(_ name: String, raw: [UInt8]) { named(name) { $0.value(raw: raw) } }
    public mutating func field(_ name: String, raw: ArraySlice<UInt8>) { named(name) { $0.value(raw: raw) } }
    public mutating func nullField(_ name: String) { named(name) { $0.null() } }

    /// The string, or null.
    public mutating func field(_ name: String, orNull value: String?) {
        if let value { field(name, value) } else { nullField(name) }
    }

    /// Writes a field whose one value `body` writes.
    public mutating func field(_ name: String, _ body: (inout JSONWriter) -> Void) { named(name, body) }

    private mutating func named(_ name: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        Self.appendString(name, to: &bytes)
        bytes.append(0x3A)
        needsComma = false
        body(&self)
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }

    // MARK: Strings

    /// Appends `text` quoted and escaped (RFC 8259 section 7).
    public static func appendString(_ text: String, to bytes: inout [UInt8]) {
        appendString(utf8: text.utf8.span, to: &bytes)
    }

    /// As `appendString(_:to:)`, for bytes that are UTF-8.
    static func appendString(utf8: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        var isClean = true
        for index in 0..<utf8.count where needsEscape(utf8[index]) {
            isClean = false
            break
        }
        if isClean {
            bytes.append(copying: utf8)
        } else {
            for index in 0..<utf8.count { appendEscaped(utf8[index], to: &bytes) }
        }
        bytes.append(0x22)
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C:
            bytes.append(0x5C)
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x00..<0x20:
            bytes.append(contentsOf: byte < 0x10 ? "\\u000".utf8 : "\\u001".utf8)
            let low = byte & 0x0F
            bytes.append(low < 10 ? 0x30 &+ low : 0x61 &+ (low &- 10))
        default: bytes.append(byte)
        }
    }
}
