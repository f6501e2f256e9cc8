import EventLoop
import TestSupport
import Testing

@testable import Realtime

/// `maximumPayload` of polls: below what the HTTP server takes for other paths.
@Suite(.timeLimit(.minutes(1))) struct PayloadLimitTests {
    @Test(arguments: [
        // A session's first packet, then 100 bytes or one more, announced or in chunks of which none is too large.
        ("Content-Length: 100\r\n\r\n" + message(100), 200), ("Content-Length: 101\r\n\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\n64\r\n" + message(100) + "\r\n0\r\n\r\n", 200),
        ("Transfer-Encoding: chunked\r\n\r\n32\r\n" + message(50) + "\r\n33\r\n" + message(51) + "\r\n0\r\n\r\n", 413),
    ])
    func `a body over the limit is refused, and the session goes on`(body: String, status: Int) async throws {
        let (replies, answer) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumPayload = 100 }
            let client = try await PollingClient.open(tested.port)
            _ = try await client.post("40")
            _ = try await client.get()
            let raw = try await RawClient.connect(tested.port)
            raw.send(
                "POST /socket.io/?EIO=4&transport=polling&sid=\(client.sid) HTTP/1.1\r\nHost: x\r\n"
                    + "Content-Type: text/plain\r\n" + body)
            let refused = try await raw.reply()
            return ([refused?.status ?? 0], try await client.post("41")?.status)
        }
        #expect(replies == [status])
        #expect(answer == 200)
    }

    /// An event that nobody listens to.
    private static func message(_ count: Int) -> String {
        #"42["e",""# + String(repeating: "x", count: count - 10) + #""]"#
    }
}
