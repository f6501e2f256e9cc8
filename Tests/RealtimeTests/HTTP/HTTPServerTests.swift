import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

/// A server on a free port, its time standing still.
@Loop struct ServerUnderTest {
    let server: HTTPServer
    let timing = ManualTiming()
    let port: Int

    init(options: HTTPServerOptions = HTTPServerOptions(), _ register: (Router) -> Void = { _ in }) throws {
        let router = Router()
        router.onNow(.get, "/now") { request in .text(200, "now " + request.query.text) }
        router.onNow(.post, "/echo") { request in Response(status: 200, body: request.body) }
        router.onNow(.get, "/who") { request in
            .text(200, "\(request.remoteAddress) \(request.isSecure) \(request.correlationID)")
        }
        register(router)
        server = HTTPServer(
            router: router, options: options, errorBody: { .text($0.status, $0.code) }, timing: timing)
        port = try server.listen(host: "127.0.0.1", port: 0)
    }

    func connect() async throws -> RawClient { try await RawClient.connect(port) }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
    @Test func `a request is answered with the fields every answer has`() async throws {
        let reply = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("GET /now?a=1 HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: given.1\r\n\r\n")
            return try await client.reply()
        }
        #expect(reply?.status == 200)
        #expect(reply?.body == "now a=1")
        #expect(reply?["date"] == "Thu, 01 Jan 2026 00:00:00 GMT")
        #expect(reply?["x-correlation-id"] == "given.1")
        #expect(reply?["connection"] == nil)
    }

    @Test func `pipelined requests are answered in order although the first takes longer`() async throws {
        let bodies = try await onLoop {
            let tested = try ServerUnderTest { router in
                router.on(.get, "/later") { _ in
                    await Task.yield()
                    return .text(200, "later")
                }
            }
            let client = try await tested.connect()
            client.send(
                "GET /later HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                    + "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            var bodies: [String] = []
            for _ in 0..<4 { bodies.append(try await client.reply()?.body ?? "none") }
            return bodies
        }
        #expect(bodies == ["later", "abc", "later", "now "])
    }

    @Test func `a client that pipelines without reading is held back, and still gets every answer`() async throws {
        let (bodies, requests) = try await onLoop {
            let gate = Gate()
            let tested = try ServerUnderTest { router in
                router.on(.get, "/gate") { _ in
                    await gate.wait()
                    return .text(200, "gate")
                }
            }
            let client = try await tested.connect()
            client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
            let filler = String(repeating: "f", count: 1_000)
            for number in 0..<1_000 {
                client.send("GET /now?\(number) HTTP/1.1\r\nHost: x\r\nX-Filler: \(filler)\r\n\r\n")
            }
            await until("the request has come") { tested.server.statistics.requests > 0 }
            for _ in 0..<100 { await Task.yield() }
            let requests = tested.server.statistics.requests
            gate.open()
            var bodies = [try await client.reply()?.body ?? "none"]
            for _ in 0..<1_000 { bodies.append(try await client.reply()?.body ?? "none") }
            return (bodies, requests)
        }
        #expect(requests == 1)
        #expect(bodies == ["gate"] + (0..<1_000).map { "now \($0)" })
    }

    @Test func `a request that comes one byte at a time is served`() async throws {
        let body = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            let request =
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            for byte in request.utf8 {
                client.send([byte])
                await Task.yield()
            }
            return try await client.reply()?.body
        }
        #expect(body == "abcde")
    }

    @Test(arguments: [
        ("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404, "NOT_FOUND"),
        ("DELETE /now HTTP/1.1\r\nHost: x\r\n\r\n", 405, "METHOD_NOT_ALLOWED"),
        ("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414, "URI_TOO_LONG"),
        (
            "GET /now HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431,
            "HEADERS_TOO_LARGE"
        ),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413, "PAYLOAD_TOO_LARGE"),
        ("GET /now HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST"),
        ("GET /now HTTP/2.0\r\nHost: x\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"),
        (
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
            "BAD_REQUEST"
        ),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n", 417, "EXPECTATION_FAILED"),
    ])
    func `what cannot be served gets its status through the error hook`(
        request: String, status: Int, code: String
    ) async throws {
        let reply = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send(request)
            return try await client.reply()
        }
        #expect(reply?.status == status)
        #expect(reply?.body == code)
    }

    @Test func `a wrong method is told the right ones`() async throws {
        let allow = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("PUT /echo HTTP/1.1\r\nHost: x\r\n\r\n")
            return try await client.reply()?["allow"]
        }
        #expect(allow == "POST")
    }

    @Test func `OPTIONS is answered with Allow, HEAD without a body`() async throws {
        let (allow, head) = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("OPTIONS /now HTTP/1.1\r\nHost: x\r\n\r\n")
            let allow = try await client.reply()
            client.send("HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n")
            return (allow, try await client.reply(toHead: true))
        }
        #expect(allow?.status == 204)
        #expect(allow?["allow"] == "GET, HEAD, OPTIONS")
        #expect(head?.status == 200)
        #expect(head?["content-length"] == "4")
        #expect(head?.body == "")
    }

    @Test func `a body too large for its limit is refused while it is still being sent, and the answer arrives`()
        async throws
    {
        let reply = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            for _ in 0..<40 { client.send(chunk) }
            return try await client.reply()
        }
        #expect(reply?.status == 413)
        #expect(reply?["connection"] == "close")
    }

    @Test func `the client is told to go on when it asks before it sends`() async throws {
        let (interim, body) = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            await client.waitFor("\r\n\r\n")
            let interim = client.text
            client.send("ok")
            return (interim, try await client.reply()?.body)
        }
        #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(body == "ok")
    }

    @Test func `a head that is not whole in time is answered 408 and the connection ends`() async throws {
        let (reply, ended) = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("GET /now HTTP/1.1\r\nHo")
            await Self.untilAccepted(tested)
            tested.timing.advance(by: .seconds(11))
            let reply = try await client.reply()
            await client.waitForEnd()
            return (reply, client.hasEnded)
        }
        #expect(reply?.status == 408)
        #expect(ended)
    }

    @Test func `a body that is not whole in time is answered 408`() async throws {
        let reply = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            await until("the request has come") { tested.server.statistics.requests > 0 }
            tested.timing.advance(by: .seconds(29))
            #expect(client.received.isEmpty)
            tested.timing.advance(by: .seconds(2))
            return try await client.reply()
        }
        #expect(reply?.status == 408)
    }

    @Test func `an idle connection is closed without a word`() async throws {
        let text = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.reply()
            tested.timing.advance(by: .seconds(76))
            await client.waitForEnd()
            return client.text
        }
        #expect(text.isEmpty)
    }

    @Test func `HTTP 1.0 and Connection close end the connection after the answer`() async throws {
        for request in ["GET /now HTTP/1.0\r\n\r\n", "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"] {
            let reply = try await onLoop {
                let tested = try ServerUnderTest()
                let client = try await tested.connect()
                client.send(request)
                let reply = try await client.reply()
                await client.waitForEnd()
                return reply
            }
            #expect(reply?.status == 200)
            #expect(reply?["connection"] == "close")
        }
    }

    @Test func `only a trusted proxy is believed about the client`() async throws {
        let request =
            "GET /who HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: c\r\nX-Forwarded-Proto: https\r\n"
            + "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 127.0.0.1\r\n\r\n"
        let bodies = try await onLoop {
            var bodies: [String] = []
            for proxies in [["127.0.0.1"], []] {
                var options = HTTPServerOptions()
                options.trustedProxies = proxies
                let tested = try ServerUnderTest(options: options)
                let client = try await tested.connect()
                client.send(request)
                bodies.append(try await client.reply()?.body ?? "none")
            }
            return bodies
        }
        #expect(bodies == ["203.0.113.9 true c", "127.0.0.1 false c"])
    }

    @Test func `a draining server ends each connection with its answer`() async throws {
        let reply = try await onLoop {
            let tested = try ServerUnderTest()
            let client = try await tested.connect()
            client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.reply()
            tested.server.beginDrain()
            client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            let reply = try await client.reply()
            await client.waitForEnd()
            return reply
        }
        #expect(reply?.status == 200)
        #expect(reply?["connection"] == "close")
    }

    @Test func `closing waits for the answer that is pending`() async throws {
        let body = try await onLoop {
            let gate = Gate()
            let tested = try ServerUnderTest { router in
                router.on(.get, "/slow") { _ in
                    await gate.wait()
                    return .text(200, "slow")
                }
            }
            let client = try await tested.connect()
            client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await until("the request has come") { tested.server.statistics.requests > 0 }
            let closing = Loop.start { await tested.server.close() }
            gate.open()
            let body = try await client.reply()?.body
            client.close()
            await closing.value
            return body
        }
        #expect(body == "slow")
    }

    @Test func `a handler's header that would break the head becomes a plain 500`() async throws {
        let reply = try await onLoop {
            let tested = try ServerUnderTest { router in
                router.onNow(.get, "/bad") { _ in
                    var response = Response.empty(200)
                    response.headers.append("X-Bad", "a\r\nSet-Cookie: b")
                    return response
                }
            }
            let client = try await tested.connect()
            client.send("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n")
            return try await client.reply()
        }
        #expect(reply?.status == 500)
        #expect(reply?["set-cookie"] == nil)
    }

    @Loop private static func untilAccepted(_ tested: ServerUnderTest) async {
        await until("a connection is accepted") { tested.server.statistics.connections > 0 }
    }
}

/// Holds those who wait until it is opened.
@Loop final class Gate {
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var isOpen = false

    func wait() async {
        if isOpen { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    func open() {
        isOpen = true
        let all = waiters
        waiters = []
        for waiter in all { waiter.resume() }
    }
}
