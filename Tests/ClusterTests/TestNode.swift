import EventLoop
import Redis
import TestSupport
import Testing

/// What one node has of Redis: a client on a clock that the test moves, without probes, so that the clock may leap.
@Loop
final class TestNode {
    let timing = ManualTiming()
    let configuration: RedisConfiguration
    let client: RedisClient
    let ups = Occurrences()
    let downs = Occurrences()

    init(_ server: PrivateRedis) throws {
        var configuration = try RedisConfiguration(url: server.url)
        configuration.jitter = { 1 }
        configuration.probeInterval = .seconds(86_400)
        configuration.subscriberPingInterval = .seconds(86_400)
        self.configuration = configuration
        client = RedisClient(configuration, timing: timing)
        client.observe { [ups, downs] in ($0 ? ups : downs).note() }
    }

    /// A node whose client is connected.
    static func up(_ server: PrivateRedis) async throws -> TestNode {
        let node = try TestNode(server)
        node.client.start()
        await node.ups.reach(1)
        return node
    }
}
