/// Makes version 7 ids of which each is greater than the one before, also within a millisecond and when the clock
/// steps back (RFC 9562, 6.2, method 2: the random part is incremented by a random amount).
///
/// One sequence belongs to one node; ids of two nodes interleave by millisecond only.
public struct UUIDv7Sequence: Sendable {
    private var last: UUID16?

    public init() {}

    /// The next id.
    ///
    /// - Parameters:
    ///   - milliseconds: Unix time now.
    ///   - random: fresh random bits, as for `UUID16.version7`.
    public mutating func next(milliseconds: Int64, random: (high: UInt64, low: UInt64)) -> UUID16 {
        let fresh = UUID16.version7(milliseconds: milliseconds, random: random)
        guard let last, fresh.unixMilliseconds <= last.unixMilliseconds else {
            last = fresh
            return fresh
        }
        let next = Self.successor(of: last, step: 1 + random.low & Self.stepMask)
        self.last = next
        return next
    }

    /// Steps are below 2³², so that the next id of the same millisecond cannot be guessed, and 2⁴² of them fit.
    private static let stepMask: UInt64 = 0xFFFF_FFFF

    private static func successor(of id: UUID16, step: UInt64) -> UUID16 {
        let low = id.low & 0x3FFF_FFFF_FFFF_FFFF + step
        guard low > 0x3FFF_FFFF_FFFF_FFFF else {
            return UUID16.version7(milliseconds: id.unixMilliseconds, random: (id.high & 0xFFF, low))
        }
        let high = id.high & 0xFFF + 1
        return UUID16.version7(
            milliseconds: id.unixMilliseconds + (high > 0xFFF ? 1 : 0), random: (high, low))
    }
}
