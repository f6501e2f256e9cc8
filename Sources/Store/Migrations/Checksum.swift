/// A 64-bit FNV-1a hash: tells a changed file from an unchanged one, which is no matter of security.
enum Checksum {
    private static let offset: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01b3

    static func of(_ parts: [[UInt8]]) -> String {
        var hash = offset
        for part in parts {
            for byte in part { hash = (hash ^ UInt64(byte)) &* prime }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
