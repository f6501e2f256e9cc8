import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

/// What pages of other origins are told by routed paths (Fetch standard, "CORS protocol").
@Suite(.timeLimit(.minutes(1))) struct CrossOriginTests {
    private static let rules = CORSOptions(
        origins: .list(["https://app.example"]), allowsCredentials: true, exposedHeaders: ["ETag", "Retry-After"])

    @Loop private static func replies(
        to requests: [String], _ cors: CORSOptions? = rules, _ register: (Router) -> Void = { _ in }
    ) async throws -> [Reply?] {
        var options = HTTPServerOptions()
        options.cors = cors
        let tested = try ServerUnderTest(options: options, register)
        var replies: [Reply?] = []
        for request in requests {
            let client = try await tested.connect()
            client.send(request)
            replies.append(try await client.reply())
        }
        return replies
    }

    private static func preflight(_ path: String, origin: String, fields: String? = nil) -> String {
        "OPTIONS \(path) HTTP/1.1\r\nHost: x\r\nOrigin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n"
            + (fields.map { "Access-Control-Request-Headers: \($0)\r\n" } ?? "") + "\r\n"
    }

    @Test func `without a rule no answer speaks of origins`() async throws {
        let replies = try await onLoop {
            try await Self.replies(
                to: [
                    "GET /now HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n\r\n",
                    Self.preflight("/echo", origin: "https://app.example", fields: "authorization"),
                ], nil)
        }
        #expect(replies.map { $0?.status } == [200, 204])
        for reply in replies {
            for name in ["vary", "access-control-allow-origin", "access-control-allow-methods"] {
                #expect(reply?[name] == nil)
            }
        }
    }

    @Test func `a preflight of a listed origin is answered with what it asked for`() async throws {
        let replies = try await onLoop {
            try await Self.replies(
                to: [Self.preflight("/echo", origin: "https://app.example", fields: "authorization,idempotency-key")])
        }
        let reply = try #require(replies[0])
        #expect(reply.status == 204)
        #expect(reply.body == "")
        #expect(reply["access-control-allow-origin"] == "https://app.example")
        #expect(reply["access-control-allow-credentials"] == "true")
        #expect(reply["access-control-allow-methods"]?.contains("POST") == true)
        #expect(reply["access-control-allow-headers"] == "authorization,idempotency-key")
        #expect(reply["vary"] == "Origin")
    }

    @Test func `another origin is named nowhere, and still told apart by caches`() async throws {
        let replies = try await onLoop {
            try await Self.replies(
                to: [
                    Self.preflight("/echo", origin: "https://app.example.evil"),
                    "GET /now HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n\r\n", "GET /now HTTP/1.1\r\nHost: x\r\n\r\n",
                ])
        }
        #expect(replies.map { $0?.status } == [204, 200, 200])
        for reply in replies {
            #expect(reply?["access-control-allow-origin"] == nil)
            #expect(reply?["vary"] == "Origin")
        }
    }

    @Test func `answers and refusals alike may be read, and their fields`() async throws {
        let origin = "Host: x\r\nOrigin: https://app.example\r\n"
        let replies = try await onLoop {
            try await Self.replies(
                to: [
                    "GET /now HTTP/1.1\r\n\(origin)\r\n", "GET /nowhere HTTP/1.1\r\n\(origin)\r\n",
                    "DELETE /now HTTP/1.1\r\n\(origin)\r\n",
                    "POST /echo HTTP/1.1\r\n\(origin)Transfer-Encoding: chunked\r\n\r\n200000\r\n",
                    "GET /later HTTP/1.1\r\n\(origin)\r\n",
                ]
            ) { router in
                router.on(.get, "/later") { _ in
                    await Task.yield()
                    return .empty(503)
                }
            }
        }
        #expect(replies.map { $0?.status } == [200, 404, 405, 413, 503])
        for reply in replies {
            #expect(reply?["access-control-allow-origin"] == "https://app.example")
            #expect(reply?["access-control-expose-headers"] == "ETag, Retry-After")
        }
    }

    @Test func `any origin may, and answers are the same for all of them`() async throws {
        let replies = try await onLoop {
            try await Self.replies(
                to: ["GET /now HTTP/1.1\r\nHost: x\r\nOrigin: https://who.example\r\n\r\n"], CORSOptions(origins: .any))
        }
        #expect(replies[0]?["access-control-allow-origin"] == "*")
        #expect(replies[0]?["vary"] == nil)
    }
}
