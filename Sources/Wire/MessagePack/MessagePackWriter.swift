/// Writes MessagePack as notepack 3 does: every number, text and container in its smallest form.
public struct MessagePackWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    public init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins anew in the same storage.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    public mutating func null() { bytes.append(0xC0) }

    public mutating func value(_ value: Bool) { bytes.append(value ? 0xC3 : 0xC2) }

    public mutating func value(_ value: Int64) {
        switch value {
        case 0...0x7F: bytes.append(UInt8(truncatingIfNeeded: value))
        case 0x80...: unsigned(UInt64(value))
        case -32...(-1): bytes.append(UInt8(truncatingIfNeeded: value))
        case Int64(Int8.min)...: form(0xD0, UInt64(truncatingIfNeeded: value), 1)
        case Int64(Int16.min)...: form(0xD1, UInt64(truncatingIfNeeded: value), 2)
        case Int64(Int32.min)...: form(0xD2, UInt64(truncatingIfNeeded: value), 4)
        default: form(0xD3, UInt64(truncatingIfNeeded: value), 8)
        }
    }

    public mutating func value(_ value: Double) { form(0xCB, value.bitPattern, 8) }

    public mutating func value(_ text: String) { string(text.utf8.span) }

    /// Text whose UTF-8 is given.
    public mutating func string(_ utf8: Span<UInt8>) {
        let count = utf8.count
        if count < 32 {
            bytes.append(0xA0 | UInt8(truncatingIfNeeded: count))
        } else {
            length(count, 0xD9, 0xDA, 0xDB)
        }
        bytes.append(copying: utf8)
    }

    public mutating func binary(_ data: [UInt8]) {
        length(data.count, 0xC4, 0xC5, 0xC6)
        bytes.append(contentsOf: data)
    }

    /// The beginning of an array: its values are to follow.
    public mutating func array(_ count: Int) { close(open(), count, 0x90, 0xDC) }

    /// The beginning of a map: its keys, each with its value, are to follow.
    public mutating func map(_ count: Int) { close(open(), count, 0x80, 0xDE) }

    // MARK: Containers whose count is known at their end

    /// The place of the head; what is written next is within the container.
    mutating func openContainer() -> Int { open() }

    mutating func closeArray(_ start: Int, _ count: Int) { close(start, count, 0x90, 0xDC) }

    mutating func closeMap(_ start: Int, _ count: Int) { close(start, count, 0x80, 0xDE) }

    // MARK: Bytes

    mutating func unsigned(_ value: UInt64) {
        switch value {
        case 0...0x7F: bytes.append(UInt8(truncatingIfNeeded: value))
        case 0...0xFF: form(0xCC, value, 1)
        case 0...0xFFFF: form(0xCD, value, 2)
        case 0...0xFFFF_FFFF: form(0xCE, value, 4)
        default: form(0xCF, value, 8)
        }
    }

    private mutating func length(_ count: Int, _ one: UInt8, _ two: UInt8, _ four: UInt8) {
        switch count {
        case 0...0xFF: form(one, UInt64(count), 1)
        case 0...0xFFFF: form(two, UInt64(count), 2)
        default: form(four, UInt64(count), 4)
        }
    }

    @inline(__always)
    private mutating func form(_ head: UInt8, _ value: UInt64, _ width: Int) {
        bytes.append(head)
        var shift = 8 &* (width &- 1)
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            shift &-= 8
        }
    }

    /// Leaves room for the head of a container whose count is not known yet: one byte, which is nearly always enough.
    private mutating func open() -> Int {
        bytes.append(0)
        return bytes.count &- 1
    }

    /// Writes the head; what follows moves up where the count needs more bytes. A text nested to the limit moves as often
    /// as it nests, which bounds the work.
    private mutating func close(_ start: Int, _ count: Int, _ small: UInt8, _ large: UInt8) {
        if count < 16 {
            bytes[start] = small | UInt8(truncatingIfNeeded: count)
        } else {
            let width = count <= 0xFFFF ? 2 : 4
            bytes[start] = width == 2 ? large : large &+ 1
            bytes.insert(contentsOf: repeatElement(0, count: width), at: start &+ 1)
            for index in 0..<width {
                bytes[start &+ width &- index] = UInt8(truncatingIfNeeded: count >> (8 &* index))
            }
        }
    }
}
