import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite struct RouterTests {
    @Loop private static func describe(_ router: Router, _ method: HTTPMethod, _ path: String) -> String {
        switch router.match(method, Array(path.utf8).span) {
        case .found(let route, let values): ([route.pattern] + values).joined(separator: " ")
        case .wrongMethod(let allowed): "405 " + allowed.map(\.name).joined(separator: ",")
        case .notFound: "404"
        }
    }

    @Loop private static func routes() -> Router {
        let router = Router()
        for pattern in ["/", "/orders", "/orders/:id", "/orders/:id/events", "/orders/mine", "/files/*path"] {
            router.onNow(.get, pattern) { _ in .empty(200) }
        }
        router.onNow(.post, "/orders") { _ in .empty(201) }
        router.onNow(.post, "/orders/mine") { _ in .empty(201) }
        return router
    }

    @Test(arguments: [
        ("/", "/"), ("/orders", "/orders"), ("/orders/42", "/orders/:id 42"),
        ("/orders/mine", "/orders/mine"), ("/orders/a%20b/events", "/orders/:id/events a b"),
        ("/files/a/b.txt", "/files/*path a/b.txt"), ("/orders/", "404"), ("/orders/1/2", "404"), ("", "404"),
        ("/orders/%zz", "404"), ("/orders/%ff", "404"), ("/files/", "404"),
    ])
    func `a path leads to its pattern, literals before parameters before the rest`(
        path: String, expected: String
    ) async throws {
        let found = try await onLoop { Self.describe(Self.routes(), .get, path) }
        #expect(found == expected)
    }

    @Test func `a known path with another method names the methods it takes`() async throws {
        let found = try await onLoop { Self.describe(Self.routes(), .delete, "/orders") }
        #expect(found == "405 GET,HEAD,POST")
    }

    @Test func `HEAD is served by GET`() async throws {
        let found = try await onLoop { Self.describe(Self.routes(), .head, "/orders/7") }
        #expect(found == "/orders/:id 7")
    }

    @Test func `a literal without the method gives way to a parameter with it`() async throws {
        let found = try await onLoop {
            let router = Router()
            router.onNow(.post, "/orders/search") { _ in .empty(200) }
            router.onNow(.get, "/orders/:id") { _ in .empty(200) }
            return Self.describe(router, .get, "/orders/search")
        }
        #expect(found == "/orders/:id search")
    }
}
