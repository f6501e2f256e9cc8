/// Reading the JSON that servers send one another. What is not of the shape that it must be is refused.
enum PeerJSON {
    /// A string; a number counts as its digits.
    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> String {
        switch JSONScanner.kind(bytes, at: range.lowerBound) {
        case .string: return try JSONScanner.string(bytes, range)
        case .number: return MessagePackReader.text(bytes, range)
        default: throw .peerMessage(.unexpectedShape)
        }
    }

    /// Null, one text, or an array of texts.
    static func texts(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> [String] {
        switch JSONScanner.kind(bytes, at: range.lowerBound) {
        case .null: return []
        case .array:
            var texts: [String] = []
            for element in try JSONScanner.elements(bytes, range) { texts.append(try text(bytes, element)) }
            return texts
        default: return [try text(bytes, range)]
        }
    }

    /// `{rooms: […], except: […]}`.
    static func target(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> PeerTarget {
        var target = PeerTarget()
        if let rooms = try JSONScanner.member("rooms", in: bytes, range) { target.rooms = try texts(bytes, rooms) }
        if let except = try JSONScanner.member("except", in: bytes, range) { target.except = try texts(bytes, except) }
        return target
    }

    static func raw(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.append(copying: bytes, range)
        return copy
    }

    /// The values of an array but for its first `dropped`, comma separated.
    static func values(_ bytes: Span<UInt8>, _ elements: [Range<Int>], dropping dropped: Int) -> [UInt8] {
        guard elements.count > dropped else { return [] }
        return raw(bytes, elements[dropped].lowerBound..<elements[elements.count - 1].upperBound)
    }
}

extension JSONWriter {
    mutating func field(_ name: String, _ texts: [String]) {
        field(name) { writer in writer.array { for text in texts { $0.value(text) } } }
    }

    mutating func field(_ name: String, _ target: PeerTarget) {
        field(name) { writer in
            writer.object {
                $0.field("rooms", target.rooms)
                $0.field("except", target.except)
            }
        }
    }
}
