import Testing
import Wire

/// Responses as bytes on a connection that ends behind them: whole, in pieces of seven bytes, one byte at a time.
@Suite struct HTTPResponseParserTests {
    private func expect(
        _ text: String, to method: HTTPMethod = .get, _ expected: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for size in [Int.max / 2, 7, 1] {
            #expect(
                HTTPTranscript.responses(text, to: method, size: size) == expected, sourceLocation: sourceLocation)
        }
    }

    @Test func `a body ends by its length, its last chunk, or with the connection`() {
        expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ["200 length(2)", "end ok"])
        expect(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            ["200 chunked", "end ok", "204 none", "end "])
        expect("HTTP/1.1 200 OK\r\n\r\nuntil", ["200 untilClose closes", "closed until"])
        expect("HTTP/1.1 200 OK\r\n\r\n", ["200 untilClose closes", "closed "])
    }

    @Test func `a response to HEAD and some statuses have no body`() {
        expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", to: .head, ["200 none", "end "])
        expect("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", ["304 none", "end "])
        expect("HTTP/1.1 204\r\n\r\n", ["204 none", "end "])
        expect("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", ["101 none", "end "])
    }

    @Test func `interim responses precede the final one`() {
        expect(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            ["interim 100", "interim 103", "201 length(0)", "end "])
    }

    @Test func `the version and the Connection field tell whether the connection persists`() {
        expect("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", ["200 length(0) closes", "end "])
        expect("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ["200 length(0) closes", "end "])
        expect("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", ["200 length(0)", "end "])
    }

    @Test func `a response cut short is an error`() {
        expect("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", ["200 length(3)", "400 truncated"])
        expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", ["200 chunked", "400 truncated"])
        expect("HTTP/1.1 20", ["400 truncated"])
        expect("", [])
    }

    @Test(arguments: [
        ("HTTP/2 200 OK\r\n\r\n", "400 invalidStatusLine"), ("HTTP/1.1 20 OK\r\n\r\n", "400 invalidStatusLine"),
        ("HTTP/1.1 099 OK\r\n\r\n", "400 invalidStatusLine"), ("HTTP/1.1 2000\r\n\r\n", "400 invalidStatusLine"),
        ("HTTP/1.1  200 OK\r\n\r\n", "400 invalidStatusLine"), ("HTTP/1.1 200 O\0K\r\n\r\n", "400 invalidStatusLine"),
        ("HTTP/1.1 200 OK\n\n", "400 bareLineBreak"), ("x\r\n\r\n", "400 invalidStatusLine"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400 invalidContentLength"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 conflictingFraming"),
        ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "400 invalidFieldName"),
    ])
    func `a malformed response is refused`(text: String, refusal: String) { expect(text, [refusal]) }
}
