/// Writes what stands in a frame: numbers big-endian, texts with their length before them.
struct LinkFieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ value: UInt64, bytes count: Int) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }

    /// At most 65,535 bytes; more is cut, which no field of a request that was read within its limits is.
    mutating func text(_ text: String) {
        let utf8 = text.utf8.prefix(Int(UInt16.max))
        number(UInt64(utf8.count), bytes: 2)
        bytes.append(contentsOf: utf8)
    }

    mutating func raw(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }
}

/// Reads them back; what is missing or too much throws.
struct LinkFieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func number(bytes count: Int) throws(LinkFault) -> UInt64 {
        try raw(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() throws(LinkFault) -> String {
        let count = Int(try number(bytes: 2))
        guard let text = String(validating: try raw(count), as: UTF8.self) else { throw .malformed }
        return text
    }

    mutating func raw(_ count: Int) throws(LinkFault) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw .malformed }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }

    func end() throws(LinkFault) {
        guard rest.isEmpty else { throw .malformed }
    }
}
