import Cluster
import EventLoop
import Realtime
import Redis

/// What makes one server of many: with it, `SocketServer` needs nothing but its adapter.
@Loop struct EchoCluster {
    let adapter: RedisAdapter
    /// nil where recovery is off.
    let log: RedisRecoveryLog?
    private let client: RedisClient
    private let bus: Bus

    init(_ configuration: RedisConfiguration, _ settings: EchoSettings, socketPrefix: String, links: Links) {
        let timing = SystemTiming.shared
        let name = settings.nodeID
        client = RedisClient(configuration, timing: timing)
        bus = Bus(configuration, client: client, timing: timing)
        log = settings.recovers ? RedisRecoveryLog(settings.recovery, client: client, bus: bus, timing: timing) : nil
        adapter = RedisAdapter(
            bus: bus, nodeName: name, socketPrefix: socketPrefix, pythonChannel: settings.pythonChannel, timing: timing,
            log: log
        ) { links.alive }
    }

    /// Losses of the subscriptions.
    var breaks: UInt64 { bus.breaks }

    /// Returns at once; without Redis the node serves its own clients.
    func start() {
        client.start()
        bus.start()
    }

    func stop() async {
        await log?.stop()
        await bus.stop()
        await client.stop()
    }
}
