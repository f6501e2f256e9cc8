public import Wire

/// An answer. Content-Length, Date, Connection and X-Correlation-ID are added when it is written.
public struct Response: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// `application/json`.
    public static func json(_ status: Int, _ body: [UInt8]) -> Response {
        var headers = HTTPHeaders()
        headers.append("Content-Type", "application/json")
        return Response(status: status, headers: headers, body: body)
    }

    /// `text/plain` in UTF-8.
    public static func text(_ status: Int, _ text: String) -> Response {
        var headers = HTTPHeaders()
        headers.append("Content-Type", "text/plain; charset=utf-8")
        return Response(status: status, headers: headers, body: Array(text.utf8))
    }

    /// No body.
    public static func empty(_ status: Int) -> Response {
        Response(status: status)
    }
}
