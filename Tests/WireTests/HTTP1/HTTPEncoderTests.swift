import Testing
import Wire

@Suite struct HTTPEncoderTests {
    private func response(
        _ status: Int, _ headers: HTTPHeaders, _ framing: HTTPBodyFraming, _ persistence: HTTPPersistence = .implied
    ) throws(WireError) -> String {
        var bytes: [UInt8] = []
        try HTTPEncoder.appendHead(
            status: status, headers: headers, framing: framing, persistence: persistence, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a response's head is written with the framing it was given`() throws {
        #expect(
            try response(200, ["content-type": "application/json"], .length(17), .close)
                == "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\nconnection: close\r\n\r\n"
        )
        #expect(
            try response(200, [:], .chunked, .keepAlive)
                == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n")
        #expect(try response(204, [:], .none) == "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(try response(299, [:], .length(0)) == "HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n")
    }

    @Test(arguments: [
        ("x", "a\r\nb: c"), ("x", "a\nb"), ("x", "a\rb"), ("x", "a\0"), ("x", "\u{7f}"), ("x\r\n", "a"), ("x y", "a"),
        ("x:", "a"), ("", "a"), ("é", "a"),
    ])
    func `text that would break the lines refuses the whole head`(name: String, value: String) {
        var headers: HTTPHeaders = ["fine": "yes"]
        headers.append(name, value)
        var bytes = Array("before".utf8)
        #expect(throws: WireError.http(.invalidFieldValue)) {
            try HTTPEncoder.appendHead(status: 200, headers: headers, framing: .none, to: &bytes)
        }
        #expect(bytes == Array("before".utf8))
    }

    @Test func `a request's head is written and parsed again`() throws {
        var bytes: [UInt8] = []
        try HTTPEncoder.appendHead(
            method: .post, target: "/a?b=1", headers: ["Host": "a", "X": "é"], framing: .length(2), to: &bytes)
        bytes += Array("ok".utf8)
        #expect(
            HTTPTranscript.requests(bytes, size: .max / 2)
                == ["POST /a?b=1 1.1 length(2) [Host=a] [X=é] [content-length=2]", "end ok"])
        for target in ["", "/a b", "/\r\nX: y", "/é"] {
            #expect(throws: WireError.http(.invalidTarget)) {
                try HTTPEncoder.appendHead(method: .get, target: target, headers: [:], to: &bytes)
            }
        }
        #expect(throws: WireError.http(.unsupportedMethod)) {
            try HTTPEncoder.appendHead(method: .other("A B"), target: "/", headers: [:], to: &bytes)
        }
    }

    @Test func `chunks are read back as they were written`() throws {
        var bytes: [UInt8] = []
        try HTTPEncoder.appendHead(status: 200, headers: [:], framing: .chunked, to: &bytes)
        HTTPEncoder.appendChunk(Array("hello ".utf8), to: &bytes)
        HTTPEncoder.appendChunk([], to: &bytes)
        HTTPEncoder.appendChunk(Array(String(repeating: "x", count: 300).utf8), to: &bytes)
        HTTPEncoder.appendLastChunk(to: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            HTTPTranscript.responses(text, size: 3)
                == ["200 chunked", "end hello " + String(repeating: "x", count: 300)])
    }
}
