import Cluster
import EventLoop
import Realtime
import Redis

/// What makes one server of many: with it, `SocketServer` needs nothing but its adapter.
@Loop struct EchoCluster {
    let adapter: RedisAdapter
    private let client: RedisClient
    private let bus: Bus

    init(_ configuration: RedisConfiguration, _ settings: EchoSettings, socketPrefix: String, links: Links) {
        let timing = SystemTiming.shared
        let name = settings.nodeID
        client = RedisClient(configuration, timing: timing)
        bus = Bus(configuration, client: client, timing: timing)
        adapter = RedisAdapter(
            bus: bus, nodeName: name, socketPrefix: socketPrefix, pythonChannel: settings.pythonChannel, timing: timing
        ) { links.alive }
    }

    /// Returns at once; without Redis the node serves its own clients.
    func start() {
        client.start()
        bus.start()
    }

    func stop() async {
        await bus.stop()
        await client.stop()
    }
}
