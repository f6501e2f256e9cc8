import Testing
import Wire

/// Requests made so that two servers see different ends in them: each is refused, however its bytes arrive.
@Suite struct HTTPSmugglingTests {
    private func refusals(_ text: String) -> Set<String> {
        Set([Int.max / 2, 5, 1].map { HTTPTranscript.requests(text, size: $0).last ?? "" })
    }

    @Test(arguments: [
        ("Content-Length: 5\r\nContent-Length: 5", "400 invalidContentLength"),
        ("Content-Length: 5\r\nContent-Length: 6", "400 invalidContentLength"),
        ("Content-Length: 5, 5", "400 invalidContentLength"), ("Content-Length: +5", "400 invalidContentLength"),
        ("Content-Length: -1", "400 invalidContentLength"), ("Content-Length: 0x5", "400 invalidContentLength"),
        ("Content-Length: 5 5", "400 invalidContentLength"), ("Content-Length:", "400 invalidContentLength"),
        ("Content-Length: 5.", "400 invalidContentLength"),
        ("Content-Length: 18446744073709551621", "400 invalidContentLength"),
        ("Content-Length: 99999999999999999", "413 bodyTooLarge"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", "400 conflictingFraming"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", "400 conflictingFraming"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "400 invalidTransferCoding"),
        ("Transfer-Encoding: chunked, chunked", "400 invalidTransferCoding"),
        ("Transfer-Encoding: gzip, chunked", "400 invalidTransferCoding"),
        ("Transfer-Encoding: chunked, identity", "400 invalidTransferCoding"),
        ("Transfer-Encoding:", "400 invalidTransferCoding"),
        ("Transfer-Encoding: \"chunked\"", "400 invalidTransferCoding"),
        ("Transfer-Encoding: chunked;q=1", "400 invalidTransferCoding"),
        ("Transfer-Encoding: xchunked", "400 unsupportedTransferCoding"),
        ("Transfer-Encoding: identity", "400 unsupportedTransferCoding"),
        ("Transfer-Encoding: gzip", "400 unsupportedTransferCoding"),
        ("Transfer-Encoding: \u{b}chunked", "400 invalidFieldValue"),
        ("Transfer-Encoding : chunked", "400 invalidFieldName"),
        ("Transfer-Encoding\t: chunked", "400 invalidFieldName"),
        (" Transfer-Encoding: chunked", "400 invalidFieldName"), ("X: y\r\n\tfolded", "400 invalidFieldName"),
        ("X: y\r\n folded", "400 invalidFieldName"), ("X: y\n\r\nZ: w", "400 bareLineBreak"),
        ("X: y\nZ: w", "400 bareLineBreak"), ("X: y\rZ: w", "400 bareLineBreak"),
        ("X: a\r\r\nb: c", "400 bareLineBreak"),
        ("X: a\0b", "400 invalidFieldValue"), ("X: a\u{1f}", "400 invalidFieldValue"),
        ("X: a\u{7f}", "400 invalidFieldValue"), (": y", "400 invalidFieldName"), ("X", "400 invalidFieldName"),
        ("X\0: y", "400 invalidFieldName"), ("X y: z", "400 invalidFieldName"), ("X(: z", "400 invalidFieldName"),
        ("é: z", "400 invalidFieldName"), ("Host: b", "400 invalidHost"),
    ])
    func `a field that frames twice or breaks its line is refused`(field: String, refusal: String) {
        #expect(refusals("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n0\r\n\r\n") == [refusal])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", "400 invalidHost"), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "400 invalidHost"),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 conflictingFraming"),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", "400 invalidRequestLine"),
        ("GET /\r\nHost: a\r\n\r\n", "400 invalidRequestLine"), ("GET\r\n\r\n", "400 invalidRequestLine"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 unsupportedVersion"),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 unsupportedVersion"),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505 unsupportedVersion"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "400 unsupportedMethod"),
        ("GET / HTTP/1.1\nHost: a\n\n", "400 bareLineBreak"),
    ])
    func `a head that is not exactly one is refused`(text: String, refusal: String) {
        #expect(refusals(text) == [refusal])
    }

    @Test(arguments: [
        ("\r\n", "400 invalidChunk"), (";\r\n", "400 invalidChunk"), ("0x3\r\nabc\r\n", "400 invalidChunk"),
        ("+3\r\nabc\r\n", "400 invalidChunk"), ("-3\r\nabc\r\n", "400 invalidChunk"),
        (" 3\r\nabc\r\n", "400 invalidChunk"),
        ("3 \r\nabc\r\n", "400 invalidChunk"), ("3\nabc\r\n", "400 invalidChunk"), ("3\rabc\r\n", "400 invalidChunk"),
        ("3;a\nb\r\nabc\r\n", "400 invalidChunk"), ("3;a\rb\r\nabc\r\n", "400 invalidChunk"),
        ("3;a\0\r\nabc\r\n", "400 invalidChunk"), ("3\r\nabcd\r\n", "400 invalidChunk"),
        ("3\r\nabc\n", "400 invalidChunk"),
        ("3\r\nabc0\r\n\r\n", "400 invalidChunk"), ("g\r\n", "400 invalidChunk"),
        ("00000000000000003\r\nabc\r\n", "400 invalidChunk"), ("ffffffffffffffff\r\n", "400 invalidChunk"),
        ("fffffffffffffff\r\n", "413 bodyTooLarge"), ("0\r\nX : y\r\n\r\n", "400 invalidFieldName"),
        ("0\r\nX: y\n\r\n", "400 bareLineBreak"), ("0\r\nX: y\r \r\n", "400 bareLineBreak"),
        ("0\r\n folded\r\n\r\n", "400 invalidFieldName"), ("0\r\nX: \0\r\n\r\n", "400 invalidFieldValue"),
    ])
    func `a chunk or trailer of another shape is refused`(body: String, refusal: String) {
        #expect(refusals("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)") == [refusal])
    }

    @Test func `a field's name is a token and its value has no control character`() {
        let token = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        func last(_ name: [UInt8], _ value: [UInt8]) -> String? {
            let head = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + name + [0x3A] + value + Array("\r\n\r\n".utf8)
            return HTTPTranscript.requests(head, size: .max / 2).last
        }
        for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0x0D {
            let isName = token.contains(byte)
            // A colon ends the name, and what follows is the value.
            let isSplit = byte == 0x3A
            #expect(last([0x61, byte, 0x61], [0x61]) == (isName || isSplit ? "end " : "400 invalidFieldName"))
            let isContent = byte >= 0x20 && byte != 0x7F || byte == 0x09
            #expect(last([0x61], [0x61, byte, 0x61]) == (isContent ? "end " : "400 invalidFieldValue"))
        }
    }
}
