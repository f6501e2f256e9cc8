/// What two nodes say to each other over a link: a length (four bytes, big-endian, of what follows it), a type, the
/// number of the request it belongs to (four bytes; 0 for the link itself), and the rest.
struct LinkFrame: Equatable {
    enum Kind: UInt8 {
        // The greeting, in this order.
        case hello = 1
        case challenge = 2
        case proof = 3
        case welcome = 4
        // The heartbeat.
        case ping = 5
        case pong = 6
        // From the node that a client reached.
        case request = 16
        case body = 17
        case bodyEnd = 18
        case bodyTooLarge = 19
        case abort = 20
        // From the session's owner. The answer's body comes in `body` and ends with `bodyEnd`.
        case response = 32
        case reset = 33
        case unknownSession = 34
        /// The last frame of a connection of its own: bytes of the client and the owner follow as they are.
        case upgrade = 48
    }

    var kind: Kind
    var request: UInt32 = 0
    var payload: [UInt8] = []

    /// Bytes of a payload: above a request's head (16 KiB) with what is added to it; longer bodies come in parts.
    static let maximumPayload = 64 << 10
    static let headerLength = 9

    static func append(
        _ kind: Kind, _ request: UInt32 = 0, _ payload: ArraySlice<UInt8> = [], to output: inout [UInt8]
    ) {
        precondition(payload.count <= maximumPayload, "a frame longer than a node takes")
        appendWord(UInt32(payload.count + 5), to: &output)
        output.append(kind.rawValue)
        appendWord(request, to: &output)
        output.append(contentsOf: payload)
    }

    private static func appendWord(_ word: UInt32, to output: inout [UInt8]) {
        for shift: UInt32 in [24, 16, 8, 0] { output.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    /// A body of any length, its end included.
    static func appendBody(_ body: [UInt8], _ request: UInt32, to output: inout [UInt8]) {
        var rest = body[...]
        while !rest.isEmpty {
            append(.body, request, rest.prefix(maximumPayload), to: &output)
            rest = rest.dropFirst(maximumPayload)
        }
        append(.bodyEnd, request, to: &output)
    }
}
