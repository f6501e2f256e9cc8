/// Finds the ends of JSON values by strings and brackets alone; what the values hold stays unread.
enum ArgumentScan {
    /// Index after the first of several comma-separated values, trailing blanks left out; 0 when there is none.
    static func endOfFirst(_ bytes: Span<UInt8>) -> Int {
        var depth = 0
        var inString = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if inString {
                if byte == UInt8(ascii: "\\") {
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: ",") where depth == 0: return index
                default: break
                }
            }
            index += 1
        }
        return bytes.count
    }
}
