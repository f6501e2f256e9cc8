import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

/// A node with a Socket.IO server on a free port.
@Loop
final class RoomNode {
    let node: TestNode
    let bus: Bus
    let adapter: RedisAdapter
    let server: SocketServer
    let http: HTTPServer
    let namespace: Namespace
    let port: Int
    let restored = Occurrences()
    var sockets: [Socket] = []
    var others: [String]
    var silent: [String] = []

    init(
        _ node: TestNode, name: String, prefix: String? = nil, pythonChannel: String? = nil, others: [String]
    ) throws {
        self.node = node
        self.others = others
        bus = Bus(node.configuration, client: node.client, timing: node.timing)
        bus.observe { [restored] in if $0 { restored.note() } }
        weak var this: RoomNode?
        let prefix = prefix ?? String((name + "......").prefix(6))
        adapter = RedisAdapter(
            bus: bus, nodeName: name, socketPrefix: prefix, pythonChannel: pythonChannel, timing: node.timing,
            silent: { this?.silent ?? [] }, others: { this?.others ?? [] })
        var options = SocketServerOptions()
        options.socketPrefix = prefix
        server = SocketServer(options: options, adapter: adapter)
        namespace = server.namespace("/")
        http = HTTPServer(router: Router(), errorBody: { .json($0.status, []) }, upgrade: server)
        port = try http.listen(host: "127.0.0.1", port: 0)
        this = self
        namespace.onConnect { [weak self] in self?.sockets.append($0) }
    }

    static func up(
        _ redis: PrivateRedis, _ name: String, prefix: String? = nil, pythonChannel: String? = nil,
        others: [String] = []
    ) async throws -> RoomNode {
        let made = try RoomNode(
            try await TestNode.up(redis), name: name, prefix: prefix, pythonChannel: pythonChannel, others: others)
        made.bus.start()
        await made.restored.reach(1)
        try await made.adapter.confirm()
        return made
    }

    func down() async {
        server.closeAll()
        await http.close()
        await bus.stop()
        await node.client.stop()
    }
}
