import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

/// One node of a cluster with a recovery log, on the clock of the machine: what it waits for others decide.
@Loop
final class RecoveryNode {
    let client: RedisClient
    let bus: Bus
    let log: RedisRecoveryLog
    let adapter: RedisAdapter
    let server: SocketServer
    let http: HTTPServer
    let namespace: Namespace
    let port: Int
    private let ups = Occurrences()
    var warnings: [String] = []

    /// - Parameter beats: the log's clock.
    init(
        _ redis: PrivateRedis, settings: RecoverySettings, mode: RecoveryMode,
        beats: any Timing = SystemTiming.shared
    ) throws {
        var configuration = try RedisConfiguration(url: redis.url)
        configuration.jitter = { 0 }
        let timing = SystemTiming.shared
        client = RedisClient(configuration, timing: timing)
        bus = Bus(configuration, client: client, timing: timing)
        log = RedisRecoveryLog(settings, client: client, bus: bus, timing: beats)
        let prefix = String((0..<6).compactMap { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() })
        adapter = RedisAdapter(bus: bus, nodeName: prefix, socketPrefix: prefix, timing: timing, log: log) { [] }
        var options = SocketServerOptions()
        options.socketPrefix = prefix
        options.recoveryMode = mode
        options.closeRate = 10_000
        server = SocketServer(options: options, adapter: adapter, recovery: log, timing: timing)
        namespace = server.namespace("/")
        http = HTTPServer(router: Router(), errorBody: { .json($0.status, []) }, upgrade: server)
        port = try http.listen(host: "127.0.0.1", port: 0)
        log.onWarning = { [weak self] in self?.warnings.append($0) }
        bus.observe { [ups] in if $0 { ups.note() } }
    }

    static func up(
        _ redis: PrivateRedis, _ settings: RecoverySettings = RecoverySettings(), mode: RecoveryMode = .always,
        beats: any Timing = SystemTiming.shared
    ) async throws -> RecoveryNode {
        let node = try RecoveryNode(redis, settings: settings, mode: mode, beats: beats)
        node.client.start()
        node.bus.start()
        await node.ups.reach(1)
        try await node.adapter.confirm()
        try await node.until { node.log.isOpen || !node.warnings.isEmpty }
        return node
    }

    /// Returns when this node has delivered all that was published before, on whatever node.
    func reach(_ number: UInt64) async throws { try await until { self.log.follower.number >= number } }

    func until(_ condition: @Loop () -> Bool) async throws {
        while !condition() { try await SystemTiming.shared.sleep(for: .milliseconds(2)) }
    }

    /// As if it were killed: nothing is said to Redis any more.
    func die() async {
        await client.stop()
        await bus.stop()
        server.closeAll()
        await http.close()
        await log.stop()
    }

    func down() async {
        server.closeAll()
        await http.close()
        await log.stop()
        await bus.stop()
        await client.stop()
    }
}
