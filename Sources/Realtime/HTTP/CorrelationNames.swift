/// Makes correlation ids: six random characters of the process and a counter, 15 bytes in all, which Swift keeps
/// without an allocation.
struct CorrelationNames {
    private let process = Identifier.random(6)
    private var count: UInt64 = 0

    mutating func next() -> String {
        count &+= 1
        var name = process
        var shift: UInt64 = 40
        while true {
            let digit = UInt8(truncatingIfNeeded: count >> shift & 31)
            name.unicodeScalars.append(Unicode.Scalar(digit < 10 ? 48 + digit : 87 + digit))
            if shift == 0 { break }
            shift -= 5
        }
        return name
    }

    /// What a client's X-Correlation-ID may be: 1 to 128 of letters, digits, `.`, `_` and `-`.
    static func isAcceptable(_ name: String) -> Bool {
        guard (1...128).contains(name.utf8.count) else { return false }
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }
}
