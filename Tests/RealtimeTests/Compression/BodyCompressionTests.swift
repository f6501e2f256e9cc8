import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct BodyCompressionTests {
    @Test(arguments: [
        ("gzip, deflate, br", "gzip"), ("deflate", "deflate"), ("gzip;q=0, deflate", "deflate"),
        ("deflate;q=1.0, gzip;q=0.5", "deflate"), ("*", "gzip"), ("gzip;q=0,*", "deflate"), ("br", nil),
        ("identity", nil), ("gzip;q=0", nil), ("gzip; q=0.001", "gzip"), ("GZIP", "gzip"), ("", nil),
        ("*;q=0, deflate;q=0.1", "deflate"), (nil, nil),
    ])
    func `the coding is what the client prefers`(field: String?, coding: String?) async throws {
        let found = try await onLoop { BodyCompression.coding(for: field)?.rawValue }
        #expect(found == coding)
    }

    /// An answer's head and the length of its body, to a poll for `size` bytes in one event.
    @Loop private static func poll(
        _ size: Int, accepts: String = "gzip, deflate", compress: Bool = true,
        _ change: (inout SocketServerOptions) -> Void = { _ in }
    ) async throws -> (coding: String?, length: Int) {
        let tested = try SocketsUnderTest(change)
        tested.sockets.namespace("/").on("go") { socket, _ in
            let json = Array(("\"" + String(repeating: "x", count: size) + "\"").utf8)
            socket.emit("e", json: json, compress: compress)
        }
        let client = try await PollingClient.open(tested.port, extra: "Accept-Encoding: \(accepts)\r\n")
        try await client.post("40")
        _ = try await client.get()
        try await client.post("42[\"go\"]")
        let reply = try await client.get()
        return (reply?["content-encoding"], reply?.headers["content-length"].flatMap { Int($0) } ?? 0)
    }

    @Test func `a poll of 1,024 bytes or more is compressed, a shorter one is not`() async throws {
        let (long, short) = try await onLoop { (try await Self.poll(2_000), try await Self.poll(900)) }
        #expect(long.coding == "gzip" && long.length < 300)
        #expect(short.coding == nil && short.length > 900)
    }

    @Test func `a client that takes no coding, an event that wants none and a server without get it plain`()
        async throws
    {
        let codings = try await onLoop {
            [
                try await Self.poll(2_000, accepts: "br").coding,
                try await Self.poll(2_000, compress: false).coding,
                try await Self.poll(2_000) { $0.engine.compressesPolls = false }.coding,
            ]
        }
        #expect(codings == [nil, nil, nil])
    }
}
