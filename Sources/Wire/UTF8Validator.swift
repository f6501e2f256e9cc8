/// Checks UTF-8 that comes in pieces, each of which may end inside a character (Unicode 16 table 3-7).
public struct UTF8Validator: Sendable {
    /// Continuation bytes that are still to come.
    private var missing: UInt8 = 0
    /// What the next continuation byte may be: the first after some leading bytes is narrower than 0x80…0xBF.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    public init() {}

    /// Whether what came so far ends with a whole character.
    public var isComplete: Bool { missing == 0 }

    /// False as soon as no continuation could make the bytes UTF-8.
    public mutating func accept(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while missing > 0, index < bytes.count {
            guard accept(bytes[index]) else { return false }
            index &+= 1
        }
        let rest = bytes.extracting(index..<bytes.count)
        do throws(Unicode.UTF8.ValidationError) {
            _ = try UTF8Span(validating: rest)
            return true
        } catch {
            // Only the last three bytes can belong to a character that is merely unfinished.
            let start = error.byteOffsets.lowerBound
            guard rest.count &- start <= 3 else { return false }
            for position in start..<rest.count { guard accept(rest[position]) else { return false } }
            return true
        }
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard byte >= lowest, byte <= highest else { return false }
            missing &-= 1
            (lowest, highest) = (0x80, 0xBF)
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, lowest) = (2, 0xA0)
        case 0xED: (missing, highest) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, lowest) = (3, 0x90)
        case 0xF4: (missing, highest) = (3, 0x8F)
        case 0xF1...0xF3: missing = 3
        default: return false
        }
        return true
    }
}
