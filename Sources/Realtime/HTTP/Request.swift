public import Wire

/// A request whose head, and for routed handlers whose body, has come whole.
public struct Request: Sendable {
    public let method: HTTPMethod
    /// As it came: path and query, percent-encoded.
    public let target: String
    public let headers: HTTPHeaders
    public internal(set) var body: [UInt8] = []
    /// Numeric address of the client: the peer's, or what a trusted proxy says in X-Forwarded-For.
    public let remoteAddress: String
    /// A trusted proxy said in X-Forwarded-Proto that the client came over TLS.
    public let isSecure: Bool
    /// What the pattern's `:names` stood for.
    public internal(set) var parameters = PathParameters()
    /// Taken over from X-Correlation-ID when it is one, else made.
    public let correlationID: String
    /// The pattern of the route, "" before one was found: a label for counting.
    public internal(set) var pattern = ""
    private let pathLength: Int

    public init(
        method: HTTPMethod, target: String, headers: HTTPHeaders, body: [UInt8] = [], remoteAddress: String = "",
        isSecure: Bool = false, correlationID: String = ""
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.correlationID = correlationID
        var length = 0
        for byte in target.utf8 {
            if byte == UInt8(ascii: "?") { break }
            length += 1
        }
        pathLength = length
    }

    /// The target up to the query, percent-encoded as it came.
    public var path: String {
        String(Substring(target.utf8.prefix(pathLength)))
    }

    public var query: Query {
        let rest = target.utf8.dropFirst(pathLength + 1)
        return Query(text: String(Substring(rest)))
    }

    func hasPathPrefix(_ prefix: String) -> Bool {
        pathLength >= prefix.utf8.count && target.utf8.starts(with: prefix.utf8)
    }

    /// Calls `body` with the bytes of the path.
    func withPath<R>(_ body: (Span<UInt8>) -> R) -> R {
        var copy = target
        return copy.withUTF8 { body(UnsafeBufferPointer(rebasing: $0[..<pathLength]).span) }
    }
}
