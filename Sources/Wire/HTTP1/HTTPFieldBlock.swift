/// The field lines of a head, and those of its fields that decide how the connection goes on.
struct HTTPFieldBlock {
    private(set) var fields: [HTTPHeaders.Field] = []
    private(set) var hostCount = 0
    private(set) var host: Range<Int> = 0..<0
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var connectionUpgrades = false
    private(set) var hasUpgrade = false
    private(set) var expectsContinue = false

    /// Parses the lines from `offset` to the empty line that ends `head`, whose line ends are known to be CR LF.
    init(_ head: Span<UInt8>, from offset: Int, lines: Int, limits: HTTPLimits) throws(WireError) {
        guard lines <= limits.fieldCount else { throw .http(.headTooLarge) }
        fields.reserveCapacity(lines)
        var index = offset
        while head[index] != 0x0D {
            let (name, value, next) = try Self.parseLine(head, index)
            fields.append(
                HTTPHeaders.Field(
                    name: Int32(truncatingIfNeeded: name.lowerBound)..<Int32(truncatingIfNeeded: name.upperBound),
                    value: Int32(truncatingIfNeeded: value.lowerBound)..<Int32(truncatingIfNeeded: value.upperBound)))
            try note(head, name, value)
            index = next
        }
    }

    /// One field line (RFC 9112 section 5): its name, its value without blanks around it, and where the next line begins.
    static func parseLine(
        _ bytes: Span<UInt8>, _ start: Int
    ) throws(WireError) -> (name: Range<Int>, value: Range<Int>, next: Int) {
        var index = start
        while index < bytes.count, HTTPSyntax.isToken(bytes[index]) { index &+= 1 }
        // White space before the colon and a folded line both fail here, as section 5.1 and 5.2 ask.
        guard index > start, index < bytes.count, bytes[index] == 0x3A else { throw .http(.invalidFieldName) }
        let name = start..<index
        index &+= 1
        while index < bytes.count, HTTPSyntax.isBlank(bytes[index]) { index &+= 1 }
        let valueStart = index
        while index < bytes.count, HTTPSyntax.isFieldContent(bytes[index]) { index &+= 1 }
        guard index &+ 1 < bytes.count, bytes[index] == 0x0D, bytes[index &+ 1] == 0x0A else {
            throw .http(.invalidFieldValue)
        }
        var valueEnd = index
        while valueEnd > valueStart, HTTPSyntax.isBlank(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
        return (name, valueStart..<valueEnd, index &+ 2)
    }

    private mutating func note(_ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>) throws(WireError) {
        switch name.count {
        case 4 where HTTPSyntax.equals(bytes, name, ignoringCase: "host"):
            hostCount &+= 1
            host = value
        case 6 where HTTPSyntax.equals(bytes, name, ignoringCase: "expect"):
            guard HTTPSyntax.equals(bytes, value, ignoringCase: "100-continue") else {
                throw .http(.unsupportedExpectation)
            }
            expectsContinue = true
        case 7 where HTTPSyntax.equals(bytes, name, ignoringCase: "upgrade"):
            hasUpgrade = true
        case 10 where HTTPSyntax.equals(bytes, name, ignoringCase: "connection"):
            if HTTPSyntax.list(bytes, value, contains: "close") { closes = true }
            if HTTPSyntax.list(bytes, value, contains: "keep-alive") { keepsAlive = true }
            if HTTPSyntax.list(bytes, value, contains: "upgrade") { connectionUpgrades = true }
        case 14 where HTTPSyntax.equals(bytes, name, ignoringCase: "content-length"):
            // A list, a sign or the same length twice: RFC 9112 section 6.3 lets us forgive the last; smugglers hope so.
            guard contentLength == nil, let length = HTTPSyntax.decimal(bytes, value) else {
                throw .http(.invalidContentLength)
            }
            contentLength = length
        case 17 where HTTPSyntax.equals(bytes, name, ignoringCase: "transfer-encoding"):
            guard !isChunked else { throw .http(.invalidTransferCoding) }
            guard HTTPSyntax.equals(bytes, value, ignoringCase: "chunked") else {
                throw .http(Self.isToken(bytes, value) ? .unsupportedTransferCoding : .invalidTransferCoding)
            }
            isChunked = true
        default: break
        }
    }

    private static func isToken(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range where !HTTPSyntax.isToken(bytes[index]) { return false }
        return !range.isEmpty
    }
}
