import Testing
import Wire

/// Requests as bytes on a connection: each whole, in pieces of seven bytes, and one byte at a time.
@Suite struct HTTPRequestParserTests {
    private func expect(
        _ text: String, _ expected: [String], limits: HTTPLimits = HTTPLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for size in [Int.max / 2, 7, 1] {
            #expect(
                HTTPTranscript.requests(text, size: size, limits: limits) == expected, sourceLocation: sourceLocation)
        }
    }

    @Test func `a GET has its fields in order and no body`() {
        expect(
            "GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nX-One:  two \t\r\nx-one:\r\n\r\n",
            ["GET /a?b=c 1.1 none [Host=example.org:8080] [X-One=two] [x-one=]", "end "])
    }

    @Test func `a body of known length is taken and the next request follows it`() {
        expect(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
            [
                "POST / 1.1 length(5) [Host=a] [Content-Length=5]", "end hello", "GET /2 1.1 none [Host=a]", "end ",
            ])
        expect(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            ["PUT / 1.1 length(0) [Host=a] [Content-Length=0]", "end "])
    }

    @Test func `a chunked body is joined, its extensions and trailers dropped`() {
        expect(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n000\r\nX-Trailer: 1\r\nY: \r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            [
                "POST / 1.1 chunked [Host=a] [Transfer-Encoding=Chunked]", "end abc0123456789",
                "GET / 1.1 none [Host=a]",
                "end ",
            ])
    }

    @Test func `one empty line before a request is forgiven, two are not`() {
        expect("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / 1.1 none [Host=a]", "end "])
        expect("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["400 invalidRequestLine"])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x , CLOSE\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", false), ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false),
    ])
    func `the version and the Connection field tell whether the connection persists`(text: String, persists: Bool) {
        let line = HTTPTranscript.requests(text, size: .max / 2)[0]
        #expect(line.contains(" closes") != persists)
    }

    @Test func `an upgrade is told, and the bytes behind it are left alone`() throws {
        let bytes = Array(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n\u{1}\u{2}".utf8)
        var parser = HTTPRequestParser()
        var offset = 0
        guard case .head(let head) = try parser.next(bytes.span, &offset) else {
            Issue.record("no head")
            return
        }
        #expect(head.asksForUpgrade)
        guard case .end = try parser.next(bytes.span, &offset) else {
            Issue.record("no end")
            return
        }
        #expect(offset == bytes.count - 2)
        let isInside = parser.isInsideRequest
        #expect(!isInside)
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        ] {
            #expect(!HTTPTranscript.requests(text, size: .max / 2)[0].contains("upgrades"))
        }
    }

    @Test func `an expectation is told when a body is to come`() {
        expect(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
            ["POST / 1.1 length(1) expects [Host=a] [Expect=100-Continue] [Content-Length=1]", "end x"])
        expect(
            "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            ["GET / 1.1 none [Host=a] [Expect=100-continue]", "end "])
        expect("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", ["417 unsupportedExpectation"])
    }

    @Test(arguments: [
        ("GET http://example.org/x HTTP/1.1", true), ("GET https://[::1]:1/x HTTP/1.1", true),
        ("OPTIONS * HTTP/1.1", true),
        ("GET HTTP://a HTTP/1.1", true), ("GET * HTTP/1.1", false), ("GET x HTTP/1.1", false),
        ("GET ftp://a/ HTTP/1.1", false), ("GET http:///x HTTP/1.1", false), ("GET http://u@a/ HTTP/1.1", false),
        ("GET /#f HTTP/1.1", false),
    ])
    func `a target is in one of the forms its method allows`(line: String, isAllowed: Bool) {
        let result = HTTPTranscript.requests("\(line)\r\nHost: a\r\n\r\n", size: .max / 2)
        #expect(result.last == (isAllowed ? "end " : "400 invalidTarget"))
    }

    @Test func `limits answer with their own statuses`() {
        let host = "Host: a\r\n"
        let limits = HTTPLimits(head: 256, target: 64, fieldCount: 4, body: 10, dropped: 16)
        func long(_ count: Int) -> String { String(repeating: "a", count: count) }
        expect("GET /\(long(64)) HTTP/1.1\r\n\(host)\r\n", ["414 targetTooLong"], limits: limits)
        expect("GET /\(long(128))", ["414 targetTooLong"], limits: limits)
        expect("GET / HTTP/1.1\r\n\(host)X: \(long(256))", ["431 headTooLarge"], limits: limits)
        expect("GET / HTTP/1.1\r\n\(host)X: \(long(256))\r\n\r\n", ["431 headTooLarge"], limits: limits)
        expect("GET / HTTP/1.1\r\n\(host)a:\r\nb:\r\nc:\r\nd:\r\n\r\n", ["431 headTooLarge"], limits: limits)
        expect("PUT / HTTP/1.1\r\n\(host)Content-Length: 11\r\n\r\n", ["413 bodyTooLarge"], limits: limits)
        let chunked = "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n"
        let head = "PUT / 1.1 chunked [Host=a] [Transfer-Encoding=chunked]"
        expect("\(chunked)6\r\naaaaaa\r\n5\r\n", [head, "413 bodyTooLarge"], limits: limits)
        expect("\(chunked)6\r\naaaaaa\r\n4\r\naaaa\r\n0\r\n\r\n", [head, "end aaaaaaaaaa"], limits: limits)
        expect("\(chunked)1;\(long(17))\r\n", [head, "431 headTooLarge"], limits: limits)
        expect("\(chunked)0\r\nX: \(long(17))", [head, "431 headTooLarge"], limits: limits)
        expect("\(chunked)0\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n", [head, "431 headTooLarge"], limits: limits)
    }

    @Test func `a request cut short is unfinished, silence is idle`() {
        expect("GET / HT", ["unfinished"])
        expect(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx",
            ["PUT / 1.1 length(2) [Host=a] [Content-Length=2]", "unfinished"])
        expect("", [])
    }

    @Test func `after an error the parser stays failed`() throws {
        var parser = HTTPRequestParser()
        let bad = Array("GET / HTTP/9.9\r\n\r\n".utf8)
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for bytes in [bad, good] {
            var offset = 0
            var caught: WireError?
            do throws(WireError) { _ = try parser.next(bytes.span, &offset) } catch { caught = error }
            #expect(caught == .http(.unsupportedVersion))
        }
    }
}
