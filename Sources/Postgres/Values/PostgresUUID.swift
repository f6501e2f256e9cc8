/// The 128 bits of a UUID, most significant first.
public struct PostgresUUID: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes.
    public let high: UInt64
    /// The last eight bytes.
    public let low: UInt64

    /// A UUID from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// RFC 9562's text: 36 lower-case characters.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            var position = 0
            write { byte in
                buffer[position] = byte
                position += 1
            }
            return position
        }
    }

    static let textLength = 36

    func write(_ put: (UInt8) -> Void) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { put(UInt8(ascii: "-")) }
            let half = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: half >> UInt64(56 - index % 8 * 8))
            put(Self.digit(byte >> 4))
            put(Self.digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
