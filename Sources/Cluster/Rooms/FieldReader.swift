import Realtime

/// Reads what `FieldWriter` wrote; nil where the bytes end too early. What comes from the network allocates no more than
/// it brings.
struct FieldReader {
    private let input: [UInt8]
    private var offset = 0

    init(_ input: [UInt8]) {
        self.input = input
    }

    mutating func byte() -> UInt8? {
        guard offset < input.count else { return nil }
        defer { offset += 1 }
        return input[offset]
    }

    mutating func number() -> UInt64? { integer(bytes: 8) }

    mutating func bytes() -> [UInt8]? { field().map { Array($0) } }

    mutating func text() -> String? { field().map { String(decoding: $0, as: UTF8.self) } }

    mutating func list<Element>(_ read: (inout FieldReader) -> Element?) -> [Element]? {
        // An element is at least one byte long, so a count beyond the rest is a lie.
        guard let count = integer(bytes: 4), count <= UInt64(input.count - offset) else { return nil }
        var elements: [Element] = []
        for _ in 0..<count {
            guard let element = read(&self) else { return nil }
            elements.append(element)
        }
        return elements
    }

    mutating func target() -> BroadcastTarget? {
        guard let rooms = list({ $0.text() }), let except = list({ $0.text() }) else { return nil }
        return BroadcastTarget(rooms: rooms, except: except)
    }

    private mutating func field() -> ArraySlice<UInt8>? {
        guard let length = integer(bytes: 4), length <= UInt64(input.count - offset) else { return nil }
        defer { offset += Int(length) }
        return input[offset..<offset + Int(length)]
    }

    private mutating func integer(bytes count: Int) -> UInt64? {
        guard input.count - offset >= count else { return nil }
        defer { offset += count }
        return input[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
