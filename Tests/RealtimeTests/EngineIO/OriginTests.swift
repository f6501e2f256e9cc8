import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct OriginTests {
    @Loop private static func handshake(
        _ extra: String, _ change: @escaping (inout SocketServerOptions) -> Void
    ) async throws -> Reply? {
        let tested = try SocketsUnderTest(change)
        let raw = try await RawClient.connect(tested.port)
        raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: here.example\r\n\(extra)\r\n")
        return try await raw.reply()
    }

    @Test func `without a cors option there are no CORS headers`() async throws {
        let reply = try await onLoop { try await Self.handshake("Origin: http://a.example\r\n") { _ in } }
        #expect(reply?.status == 200)
        #expect(reply?["access-control-allow-origin"] == nil)
        #expect(reply?["vary"] == nil)
    }

    @Test func `a listed origin is echoed, with credentials where they are allowed, another is not`() async throws {
        let replies = try await onLoop {
            var replies: [Reply?] = []
            for origin in ["http://a.example", "http://b.example"] {
                replies.append(
                    try await Self.handshake("Origin: \(origin)\r\n") {
                        $0.engine.cors = CORSOptions(origins: .list(["http://a.example"]), allowsCredentials: true)
                    })
            }
            return replies
        }
        #expect(replies[0]?["access-control-allow-origin"] == "http://a.example")
        #expect(replies[0]?["access-control-allow-credentials"] == "true")
        #expect(replies[0]?["vary"] == "Origin")
        #expect(replies[1]?["access-control-allow-origin"] == nil)
        #expect(replies[1]?["vary"] == "Origin")
    }

    @Test(arguments: [
        ("", 200), ("Origin: http://here.example\r\n", 200), ("Origin: https://listed.example\r\n", 200),
        ("Origin: https://elsewhere.example\r\n", 403), ("Origin: null\r\n", 403),
    ])
    func `where origins are checked a foreign one opens no session`(extra: String, status: Int) async throws {
        let reply = try await onLoop {
            try await Self.handshake(extra) {
                $0.engine.checksOrigin = true
                $0.engine.cors = CORSOptions(origins: .list(["https://listed.example"]))
            }
        }
        #expect(reply?.status == status)
        if status == 403 { #expect(reply?.body == #"{"code":4,"message":"Forbidden"}"#) }
    }

    @Test func `the application refuses a handshake in words of its own, before the version is looked at`() async throws
    {
        let (replies, refused) = try await onLoop {
            let tested = try SocketsUnderTest()
            tested.sockets.admission = { request in
                request.query["key"] == "good" ? nil : "no \"\(request.query["key"] ?? "key")\""
            }
            let upgrade =
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            var replies: [String] = []
            for (query, extra) in [
                ("EIO=4&transport=polling", ""), ("EIO=3&transport=polling&key=bad", ""),
                ("EIO=4&transport=websocket&key=bad", upgrade), ("EIO=3&transport=polling&key=good", ""),
            ] {
                let raw = try await RawClient.connect(tested.port)
                raw.send("GET /socket.io/?\(query) HTTP/1.1\r\nHost: x\r\n\(extra)\r\n")
                let reply = try await raw.reply()
                replies.append("\(reply?.status ?? 0) \(reply?.body ?? "")")
            }
            let client = try await PollingClient.open(tested.port, query: "&key=good")
            replies.append("\(client.opening.status)")
            return (replies, tested.sockets.statistics.engine.refusedHandshakes)
        }
        #expect(
            replies == [
                #"403 {"code":4,"message":"no \"key\""}"#, #"403 {"code":4,"message":"no \"bad\""}"#,
                #"400 no "bad""#, #"400 {"code":5,"message":"Unsupported protocol version"}"#, "200",
            ])
        #expect(refused == 4)
    }

    @Test func `CORS headers stand on errors, on the preflight and on the 101 as well`() async throws {
        let (replies, head) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.engine.cors = CORSOptions(origins: .list(["http://a.example"]), allowsCredentials: true)
            }
            var replies: [Reply?] = []
            for line in [
                "GET /socket.io/?EIO=4&transport=polling&sid=x", "OPTIONS /socket.io/?EIO=4", "PUT /socket.io/",
            ] {
                let raw = try await RawClient.connect(tested.port)
                raw.send("\(line) HTTP/1.1\r\nHost: x\r\nOrigin: http://a.example\r\n\r\n")
                replies.append(try await raw.reply())
            }
            let opened = try await SocketClient.openWithHead(tested.port, extra: "Origin: http://a.example\r\n")
            return (replies, opened.head)
        }
        #expect(replies.map { $0?.status } == [400, 204, 400])
        for reply in replies {
            #expect(reply?["access-control-allow-origin"] == "http://a.example")
            #expect(reply?["access-control-allow-credentials"] == "true")
        }
        #expect(head.contains("Access-Control-Allow-Origin: http://a.example\r\n"))
        #expect(head.contains("Access-Control-Allow-Credentials: true\r\n"))
    }

    @Test func `the cookie comes with the handshake on polling alone`() async throws {
        let (opening, poll, head, absent) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.cookie = SessionCookie() }
            let client = try await PollingClient.open(tested.port)
            try await client.post("40")
            let poll = try await client.get()
            let head = try await SocketClient.openWithHead(tested.port).head
            let plain = try SocketsUnderTest()
            let without = try await PollingClient.open(plain.port).opening
            #expect(plain.sockets.sessionCount == 1)
            let expected = "io=\(client.sid); Path=/; HttpOnly; SameSite=Lax"
            return (
                client.opening["set-cookie"] == expected, poll?["set-cookie"], head,
                without["set-cookie"]
            )
        }
        #expect(opening)
        #expect(poll == nil && absent == nil)
        #expect(!head.lowercased().contains("set-cookie"))
    }

    @Test func `session ids name their node, sockets' ids theirs`() async throws {
        let (sid, id) = try await onLoop {
            let tested = try SocketsUnderTest { $0.socketPrefix = "abcdef" }
            var id = ""
            tested.sockets.namespace("/").onConnect { id = $0.id }
            _ = try await tested.connect()
            let sid = tested.sockets.engine.openSessions.first?.id ?? ""
            return (sid, id)
        }
        #expect(sid.hasPrefix("test.") && sid.utf8.count == 41)
        #expect(id.hasPrefix("abcdef") && id.utf8.count == 20)
    }
}
