public import EventLoop
public import Wire

/// How the client came: one an Engine.IO session, shared by its sockets.
@Loop public final class Handshake {
    /// Emptied down to `SocketServerOptions.retainedHeaders` once the first namespace is joined.
    public internal(set) var headers: HTTPHeaders
    public let query: Query
    /// From X-Forwarded-For when a trusted proxy says so.
    public let remoteAddress: String
    public let correlationID: String
    /// Unix time in milliseconds.
    public let issued: Int64
    public let isSecure: Bool
    private var isTrimmed = false

    init(request: Request, issued: Int64) {
        headers = request.headers
        query = request.query
        remoteAddress = request.remoteAddress
        isSecure = request.isSecure
        correlationID = request.correlationID
        self.issued = issued
    }

    /// Lets go of every header but these (lower case).
    func retain(_ names: [String]) {
        guard !isTrimmed else { return }
        isTrimmed = true
        var kept = HTTPHeaders()
        for name in names {
            if let value = headers[name] { kept.append(name, value) }
        }
        headers = kept
    }
}
