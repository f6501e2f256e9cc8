/// One statement's parameters as libpq takes them, in memory that the next statement reuses.
///
/// A parameter goes in binary where its type is known and has a plain binary form, else as text, which every type
/// reads. Types are known once the server has described the statement; until then the first executions use text.
struct ParameterBuffer {
    /// The protocol's count is 16 bits wide (Bind).
    static let maximumCount = 65_535

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []
    private let maximumBytes: Int

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Replaces the content. `types` empty means not known yet.
    mutating func encode(_ parameters: [PostgresValue], types: [TypeIdentifier]) throws(PostgresError) {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        count = parameters.count
        guard count <= Self.maximumCount else {
            throw PostgresError(.invalidParameter, "more than \(Self.maximumCount) parameters")
        }
        for index in parameters.indices {
            let start = bytes.count
            let type = index < types.count ? types[index] : .unknown
            guard let isBinary = try append(parameters[index], as: type, number: index + 1) else {
                offsets.append(-1)
                lengths.append(0)
                formats.append(0)
                continue
            }
            offsets.append(start)
            lengths.append(Int32(truncatingIfNeeded: bytes.count - start))
            formats.append(isBinary ? 1 : 0)
            // libpq measures a text parameter by its terminator.
            if !isBinary { bytes.append(0) }
            guard bytes.count <= maximumBytes else {
                throw PostgresError(.invalidParameter, "parameters of more than \(maximumBytes) bytes")
            }
        }
    }

    /// Calls with libpq's four parallel arguments; the pointers are valid during the call.
    mutating func withArguments<R>(
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        pointers.removeAll(keepingCapacity: true)
        return bytes.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            for offset in offsets { pointers.append(offset < 0 ? nil : base.map { $0 + offset } ?? Self.emptyText) }
            return pointers.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(Int32(count), values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }

    /// Stands for an empty binary parameter when there is no byte at all; immutable, made once, never freed, hence
    /// safe to share.
    nonisolated(unsafe) private static let emptyText: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    /// Appends the value; true when in binary, nil for NULL.
    private mutating func append(
        _ value: PostgresValue, as type: TypeIdentifier, number: Int
    ) throws(PostgresError) -> Bool? {
        switch value {
        case .null: return nil
        case .bool(let value):
            guard type == .bool else {
                bytes.append(UInt8(ascii: value ? "t" : "f"))
                return false
            }
            bytes.append(value ? 1 : 0)
            return true
        case .int(let value): return appendInteger(value, as: type)
        case .double(let value):
            guard type == .float8 else {
                appendText(Self.text(value))
                return false
            }
            appendBigEndian(value.bitPattern)
            return true
        case .text(let value):
            try appendChecked(value, number: number)
            return false
        case .json(let value):
            guard !value.contains(0) else { throw Self.nul(number) }
            bytes.append(contentsOf: value)
            return false
        case .bytes(let value):
            bytes.append(contentsOf: value)
            return true
        case .uuid(let high, let low): return appendUUID(PostgresUUID(high: high, low: low), as: type)
        case .timestamp(let milliseconds):
            return try appendTimestamp(milliseconds, inBinary: type == .timestamptz, number: number)
        default: return try appendArray(value, as: type, number: number)
        }
    }

    private mutating func appendInteger(_ value: Int64, as type: TypeIdentifier) -> Bool {
        switch type {
        case .int8: appendBigEndian(value)
        case .int4:
            guard let narrow = Int32(exactly: value) else { fallthrough }
            appendBigEndian(narrow)
        default:
            appendText(String(value))
            return false
        }
        return true
    }

    private mutating func appendUUID(_ value: PostgresUUID, as type: TypeIdentifier) -> Bool {
        guard type == .uuid else {
            value.write { bytes.append($0) }
            return false
        }
        appendBigEndian(value.high)
        appendBigEndian(value.low)
        return true
    }

    mutating func appendTimestamp(_ value: Int64, inBinary: Bool, number: Int) throws(PostgresError) -> Bool {
        if inBinary, let microseconds = TimestampFormat.microseconds(unixMilliseconds: value) {
            appendBigEndian(microseconds)
            return true
        }
        guard !inBinary, let text = TimestampFormat.text(unixMilliseconds: value) else {
            throw PostgresError(.invalidParameter, "parameter \(number) is a time out of range")
        }
        appendText(text)
        return false
    }

    mutating func appendText(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(byte: UInt8) { bytes.append(byte) }

    mutating func appendChecked(_ text: String, number: Int) throws(PostgresError) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        guard !bytes[start...].contains(0) else { throw Self.nul(number) }
    }

    mutating func appendBigEndian<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    static func nul(_ number: Int) -> PostgresError {
        PostgresError(.invalidParameter, "parameter \(number) contains NUL, which PostgreSQL's text cannot hold")
    }

    /// The server's spelling of a float; Swift's own differs for infinities and NaN.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }
}
