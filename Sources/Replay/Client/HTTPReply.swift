import Wire

/// A whole answer.
struct HTTPReply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }

    /// `code` of a problem, else "".
    var code: String { json["code"]?.stringValue ?? "" }

    /// Whether asking again may help: the way there is closed, or busy.
    var isTemporary: Bool {
        status == 429 || status == 408 || status == 502 || status == 503 || status == 504
            || (status == 409 && code == "IDEMPOTENCY_IN_PROGRESS")
    }

    /// What the server asks to wait.
    var retryAfter: Duration? {
        guard let text = headers["retry-after"], let seconds = Int(text), seconds >= 0 else { return nil }
        return .seconds(seconds)
    }
}
