import EventLoop

/// X-Forwarded-For, which every proxy on the way appends to.
@Loop enum Forwarding {
    /// The address nearest to us that is no trusted proxy; the farthest when all are; nil when the field names none.
    /// What stands before it was written by the client and may be anything.
    static func client(_ field: String, isTrusted: (String) -> Bool) -> String? {
        var last: String?
        for part in field.split(separator: ",").reversed() {
            let address = String(part.drop { $0 == " " }.prefix { $0 != " " })
            guard !address.isEmpty, address.utf8.count <= longestAddress else { return last }
            last = address
            if !isTrusted(address) { return address }
        }
        return last
    }

    /// Characters of an IPv6 address with an embedded IPv4 one.
    private static let longestAddress = 45
}
