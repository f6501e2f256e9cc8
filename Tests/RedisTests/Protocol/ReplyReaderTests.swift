import Testing

@testable import Redis

@Suite struct ReplyReaderTests {
    private static let transcript =
        "+OK\r\n:-42\r\n$5\r\nhe\r\no\r\n$-1\r\n*3\r\n:1\r\n*2\r\n$0\r\n\r\n-ERR inner\r\n$-1\r\n-NOSCRIPT No matching\r\n"

    private static let replies: [RedisReply] = [
        .status("OK"), .integer(-42), .bulk(Array("he\r\no".utf8)), .null,
        .array([.integer(1), .array([.bulk([]), .error(code: "ERR", message: "inner")]), .null]),
        .error(code: "NOSCRIPT", message: "No matching"),
    ]

    private func read(_ text: String, inPiecesOf size: Int) throws -> [RedisReply] {
        let reader = ReplyReader()
        var replies: [RedisReply] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { try reader.feed($0) }
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func `replies are the same however they are cut`(size: Int) throws {
        #expect(try read(Self.transcript, inPiecesOf: size) == Self.replies)
    }

    @Test func `bytes that are no RESP are refused`() {
        #expect(throws: RedisError.self) { try read("HTTP/1.1 400 Bad Request\r\n", inPiecesOf: 100) }
    }
}
