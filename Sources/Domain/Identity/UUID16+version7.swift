extension UUID16 {
    /// A version 7 id (RFC 9562, 5.7) of a time and 74 random bits.
    ///
    /// - Parameters:
    ///   - milliseconds: Unix time; clamped to 0…2⁴⁸−1, which lasts until the year 10889.
    ///   - random: at least 74 unpredictable bits. Of `high` the lower 12 bits are used, of `low` the lower 62.
    public static func version7(milliseconds: Int64, random: (high: UInt64, low: UInt64)) -> UUID16 {
        let time = UInt64(min(max(milliseconds, 0), 0xFFFF_FFFF_FFFF))
        return UUID16(
            high: time << 16 | 0x7000 | random.high & 0xFFF,
            low: 0x8000_0000_0000_0000 | random.low & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// A version 7 id of a time and ten random bytes; nil when there are fewer.
    public static func version7(milliseconds: Int64, randomBytes: [UInt8]) -> UUID16? {
        guard randomBytes.count >= 10 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<2 { high = high << 8 | UInt64(randomBytes[index]) }
        for index in 2..<10 { low = low << 8 | UInt64(randomBytes[index]) }
        return version7(milliseconds: milliseconds, random: (high, low))
    }
}
