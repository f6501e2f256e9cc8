/// The header of one frame (RFC 6455 section 5.2), gathered from input that may end anywhere in it.
struct WebSocketFrameHeader {
    private var bytes = InlineArray<14, UInt8>(repeating: 0)
    private var count: UInt8 = 0
    /// Known in full once the first two bytes are there.
    private var length: UInt8 = 2

    /// Takes bytes from `input`; true when the header is complete.
    mutating func gather(_ input: Span<UInt8>, _ offset: inout Int) -> Bool {
        while count < length {
            guard offset < input.count else { return false }
            bytes[Int(count)] = input[offset]
            count &+= 1
            offset &+= 1
            if count == 2 { length = UInt8(truncatingIfNeeded: 2 &+ extendedLength &+ (isMasked ? 4 : 0)) }
        }
        return true
    }

    mutating func reset() {
        count = 0
        length = 2
    }

    /// Whether nothing of a header has come yet.
    var isEmpty: Bool { count == 0 }

    /// Whether the first two bytes, by which a frame can be refused early, are there.
    var hasStart: Bool { count >= 2 }

    var isFinal: Bool { bytes[0] & 0x80 != 0 }
    var isCompressed: Bool { bytes[0] & 0x40 != 0 }
    var hasReservedBits: Bool { bytes[0] & 0x30 != 0 }
    var opcode: WebSocketOpcode? { WebSocketOpcode(rawValue: bytes[0] & 0x0F) }
    var isMasked: Bool { bytes[1] & 0x80 != 0 }
    /// The length's first seven bits: 126 and 127 tell that it follows in two or eight bytes.
    var shortLength: UInt8 { bytes[1] & 0x7F }

    private var extendedLength: Int {
        switch shortLength {
        case 126: 2
        case 127: 8
        default: 0
        }
    }

    /// Bytes of payload; nil when they are not written in the shortest form, or beyond 63 bits.
    var payloadLength: Int? {
        let extended = extendedLength
        guard extended > 0 else { return Int(shortLength) }
        var value: UInt64 = 0
        for index in 2..<2 &+ extended { value = value << 8 | UInt64(bytes[index]) }
        guard value >= (extended == 2 ? 126 : 0x10000), value >> 63 == 0 else { return nil }
        return Int(value)
    }

    /// The masking key as its four bytes lie, the first lowest; 0 leaves bytes as they are.
    var mask: UInt32 {
        guard isMasked else { return 0 }
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(bytes[Int(length) &- 4 &+ index]) << UInt32(8 &* index) }
        return value
    }
}
