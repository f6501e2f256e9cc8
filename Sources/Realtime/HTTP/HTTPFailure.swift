/// An answer that the server gives by itself; the application says how it looks.
public struct HTTPFailure: Sendable {
    public let status: Int
    /// Stable, upper case, for programs.
    public let code: String
    /// English, for people.
    public let detail: String
    public let correlationID: String
    public let acceptLanguage: String?

    /// The same request, answered that the server cannot take it now: for one that knows nothing of its paths yet.
    public var asUnavailable: HTTPFailure {
        let (code, detail) = Self.describe(503)
        return HTTPFailure(
            status: 503, code: code, detail: detail, correlationID: correlationID, acceptLanguage: acceptLanguage)
    }

    /// Texts of the statuses that this target answers with.
    static func describe(_ status: Int) -> (code: String, detail: String) {
        switch status {
        case 404: ("NOT_FOUND", "There is nothing at this path.")
        case 405: ("METHOD_NOT_ALLOWED", "The resource does not take this method; see Allow.")
        case 408: ("REQUEST_TIMEOUT", "The request did not arrive in time.")
        case 413: ("PAYLOAD_TOO_LARGE", "The body is larger than allowed.")
        case 414: ("URI_TOO_LONG", "The path is longer than allowed.")
        case 417: ("EXPECTATION_FAILED", "The only expectation that can be met is 100-continue.")
        case 431: ("HEADERS_TOO_LARGE", "The head of the request is larger than allowed.")
        case 503: ("UNAVAILABLE", "The server cannot take the request now.")
        case 505: ("HTTP_VERSION_NOT_SUPPORTED", "The server speaks HTTP/1.0 and HTTP/1.1.")
        default: ("BAD_REQUEST", "The request is not valid HTTP.")
        }
    }
}
