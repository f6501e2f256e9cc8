import Domain
import EventLoop
import Realtime
import Wire

@testable import Replay

/// As much of a cluster as a client needs to be tested against, on a free port.
@Loop
final class ClusterStandIn {
    let router = Router()
    let namespace: Namespace
    let port: Int
    private let server: HTTPServer
    private let sockets: SocketServer
    /// What the sockets gave at CONNECT, in order.
    private(set) var auths: [JSONValue] = []
    private(set) var connected: [Socket] = []
    /// Called for each new socket.
    var onConnect: (@Loop (Socket) -> Void)?

    init() throws {
        sockets = SocketServer(options: SocketServerOptions())
        namespace = sockets.namespace("/")
        server = HTTPServer(
            router: router, errorBody: { Response(status: $0.status, body: Array("{}".utf8)) }, upgrade: sockets)
        port = try server.listen(host: "127.0.0.1", port: 0)
        for path in ["register", "refresh"] {
            router.onNow(.post, "/api/v1/auth/\(path)") { _ in
                Self.json(
                    201, #"{"user":{"id":"u1"},"accessToken":"\#(path)","refreshToken":"r","expiresIn":900}"#)
            }
        }
        namespace.onConnect { [weak self] socket in
            guard let self else { return }
            auths.append((try? JSONValue.parse(socket.auth)) ?? .null)
            connected.append(socket)
            onConnect?(socket)
        }
    }

    static func json(_ status: Int, _ text: String, retryAfter: String? = nil) -> Response {
        var headers = HTTPHeaders()
        headers.append("Content-Type", "application/json")
        if let retryAfter { headers.append("Retry-After", retryAfter) }
        return Response(status: status, headers: headers, body: Array(text.utf8))
    }

    func door() throws -> Door { try Door("http://127.0.0.1:\(port)") }

    func party() async throws -> (API, Party) {
        let api = API(door: try door())
        let account = Account(
            name: "A", email: "a@example.com", role: .customer, password: "secret-secret", api: api)
        try await account.register()
        return (api, Party(account: account, door: try door()))
    }

    func close() async {
        sockets.closeAll()
        await server.close()
    }
}
