/// Up to sixteen bytes in two registers.
public struct ShortBytes {
    /// The first eight, the first of them lowest; what lies beyond `count` is not looked at.
    public let low: UInt64
    public let high: UInt64
    public let count: Int

    /// - Parameter count: 0 to 16.
    @inlinable
    public init(low: UInt64, high: UInt64, count: Int) {
        precondition((0...Self.maximum).contains(count), "up to sixteen bytes")
        self.low = low
        self.high = high
        self.count = count
    }

    public static let maximum = 16
}
