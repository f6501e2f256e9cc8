/// Reads MessagePack value by value, in place: nothing is copied, and no length is believed that the bytes do not hold.
///
/// The dialect is that of notepack, which the official Socket.IO adapters speak: besides the standard it has, in versions
/// before 3.0, extension 0 for `undefined` (1 byte), Date (8 bytes, milliseconds) and ArrayBuffer (any other form).
public struct MessagePackReader: Sendable {
    /// Levels of arrays and maps that are read. More than the JSON that servers take, since a few are added around it.
    public static let maximumDepth = 96

    /// Where the next value begins.
    public private(set) var offset: Int

    public init(at offset: Int = 0) {
        self.offset = offset
    }

    /// The next value; of an array or a map its beginning.
    public mutating func next(_ bytes: Span<UInt8>) throws(WireError) -> MessagePackToken {
        let start = offset
        let byte = try integer(bytes, 1)
        switch UInt8(truncatingIfNeeded: byte) {
        case 0x00...0x7F: return .integer(Int64(byte))
        case 0x80...0x8F: return .map(try count(bytes, byte & 0x0F, smallest: 2))
        case 0x90...0x9F: return .array(try count(bytes, byte & 0x0F, smallest: 1))
        case 0xA0...0xBF: return .string(try take(bytes, byte & 0x1F))
        case 0xC0: return .null
        case 0xC2: return .bool(false)
        case 0xC3: return .bool(true)
        case 0xC4...0xC6: return .binary(try take(bytes, try integer(bytes, 1 << Int(byte &- 0xC4))))
        case 0xC7...0xC9:
            let length = try integer(bytes, 1 << Int(byte &- 0xC7))
            return try extended(bytes, length, isFixed: false, start)
        case 0xCA: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try integer(bytes, 4)))))
        case 0xCB: return .double(Double(bitPattern: try integer(bytes, 8)))
        case 0xCC...0xCF:
            let value = try integer(bytes, 1 << Int(byte &- 0xCC))
            return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
        case 0xD0: return .integer(Int64(Int8(truncatingIfNeeded: try integer(bytes, 1))))
        case 0xD1: return .integer(Int64(Int16(truncatingIfNeeded: try integer(bytes, 2))))
        case 0xD2: return .integer(Int64(Int32(truncatingIfNeeded: try integer(bytes, 4))))
        case 0xD3: return .integer(Int64(truncatingIfNeeded: try integer(bytes, 8)))
        case 0xD4...0xD8: return try extended(bytes, 1 << (byte &- 0xD4), isFixed: true, start)
        case 0xD9...0xDB: return .string(try take(bytes, try integer(bytes, 1 << Int(byte &- 0xD9))))
        case 0xDC, 0xDD: return .array(try count(bytes, try integer(bytes, 2 << Int(byte &- 0xDC)), smallest: 1))
        case 0xDE, 0xDF: return .map(try count(bytes, try integer(bytes, 2 << Int(byte &- 0xDE)), smallest: 2))
        case 0xE0...0xFF: return .integer(Int64(Int8(truncatingIfNeeded: byte)))
        default: throw .messagePack(.unknownType, at: start)
        }
    }

    /// Passes one whole value over, however deep it nests.
    public mutating func skip(_ bytes: Span<UInt8>) throws(WireError) {
        var waiting = 1
        while waiting > 0 {
            waiting &-= 1
            // Every count is at most the bytes that are left, so that the sum stays far below overflow.
            switch try next(bytes) {
            case .array(let count): waiting &+= count
            case .map(let count): waiting &+= 2 &* count
            default: break
            }
        }
    }

    // MARK: Values of one kind

    /// The number of values of an array that begins here.
    public mutating func array(_ bytes: Span<UInt8>) throws(WireError) -> Int {
        let start = offset
        guard case .array(let count) = try next(bytes) else { throw .messagePack(.kindMismatch, at: start) }
        return count
    }

    /// The number of pairs of a map that begins here.
    public mutating func map(_ bytes: Span<UInt8>) throws(WireError) -> Int {
        let start = offset
        guard case .map(let count) = try next(bytes) else { throw .messagePack(.kindMismatch, at: start) }
        return count
    }

    /// Where the text that begins here lies.
    public mutating func string(_ bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        let start = offset
        guard case .string(let range) = try next(bytes) else { throw .messagePack(.kindMismatch, at: start) }
        return range
    }

    /// The text that begins here, repaired where it is not UTF-8; an integer counts as its digits, as room names of
    /// ECMAScript servers may be numbers.
    public mutating func text(_ bytes: Span<UInt8>) throws(WireError) -> String {
        let start = offset
        switch try next(bytes) {
        case .string(let range): return Self.text(bytes, range)
        case .integer(let value): return String(value)
        default: throw .messagePack(.kindMismatch, at: start)
        }
    }

    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        if let valid = try? UTF8Span(validating: bytes.extracting(range)) { return String(copying: valid) }
        var copy: [UInt8] = []
        copy.append(copying: bytes, range)
        return String(decoding: copy, as: UTF8.self)
    }

    // MARK: Bytes

    /// `width` bytes, big-endian.
    @inline(__always)
    private mutating func integer(_ bytes: Span<UInt8>, _ width: Int) throws(WireError) -> UInt64 {
        guard bytes.count &- offset >= width else { throw .messagePack(.unexpectedEnd, at: offset) }
        var value: UInt64 = 0
        for index in offset..<offset &+ width { value = value << 8 | UInt64(bytes[index]) }
        offset &+= width
        return value
    }

    private mutating func take(_ bytes: Span<UInt8>, _ length: UInt64) throws(WireError) -> Range<Int> {
        guard length <= UInt64(bytes.count &- offset) else { throw .messagePack(.unexpectedEnd, at: offset) }
        let start = offset
        offset &+= Int(length)
        return start..<offset
    }

    /// A count of values each of which takes at least `smallest` bytes.
    private func count(_ bytes: Span<UInt8>, _ count: UInt64, smallest: Int) throws(WireError) -> Int {
        guard count <= UInt64((bytes.count &- offset) / smallest) else {
            throw .messagePack(.unexpectedEnd, at: offset)
        }
        return Int(count)
    }

    // MARK: Extensions

    private mutating func extended(
        _ bytes: Span<UInt8>, _ length: UInt64, isFixed: Bool, _ start: Int
    ) throws(WireError) -> MessagePackToken {
        let type = Int8(truncatingIfNeeded: try integer(bytes, 1))
        switch (type, length, isFixed) {
        case (-1, 4, _): return Self.time(seconds: Int64(try integer(bytes, 4)), nanoseconds: 0)
        case (-1, 8, _):
            let both = try integer(bytes, 8)
            return Self.time(seconds: Int64(both & 0x3_FFFF_FFFF), nanoseconds: both >> 34)
        case (-1, 12, _):
            let nanoseconds = try integer(bytes, 4)
            return Self.time(seconds: Int64(bitPattern: try integer(bytes, 8)), nanoseconds: nanoseconds)
        case (0, 1, true):
            _ = try integer(bytes, 1)
            return .null
        case (0, 8, true): return Self.time(milliseconds: Int64(bitPattern: try integer(bytes, 8)))
        case (0, _, _): return .binary(try take(bytes, length))
        default: throw .messagePack(.unknownExtension, at: start)
        }
    }

    private static func time(seconds: Int64, nanoseconds: UInt64) -> MessagePackToken {
        let (scaled, overflows) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, exceeds) = scaled.addingReportingOverflow(Int64(nanoseconds / 1_000_000))
        return overflows || exceeds ? .null : time(milliseconds: sum)
    }

    private static func time(milliseconds: Int64) -> MessagePackToken {
        milliseconds.magnitude <= 8_640_000_000_000_000 ? .time(milliseconds) : .null
    }
}
