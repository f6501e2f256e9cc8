import Cluster
import EventLoop
import Realtime
import Redis

/// What makes one server of many: with it, `SocketServer` needs nothing but its adapter.
@Loop struct EchoCluster {
    let adapter: RedisAdapter
    private let client: RedisClient
    private let bus: Bus
    private let membership: Membership

    init(_ configuration: RedisConfiguration, _ settings: EchoSettings, socketPrefix: String) {
        let timing = SystemTiming.shared
        let name = settings.nodeID
        client = RedisClient(configuration, timing: timing)
        bus = Bus(configuration, client: client, timing: timing)
        let (epoch, started) = (String(UInt64.random(in: .min ... .max), radix: 16), timing.wallMilliseconds)
        let membership = Membership(client: client, timing: timing) {
            Member(
                name: name, epoch: epoch, version: "echo", address: "\(settings.host):\(settings.port)",
                startedMilliseconds: started)
        }
        self.membership = membership
        adapter = RedisAdapter(
            bus: bus, nodeName: name, socketPrefix: socketPrefix, pythonChannel: settings.pythonChannel, timing: timing
        ) { membership.members.map(\.name) }
    }

    /// Returns at once; without Redis the node serves its own clients.
    func start() {
        client.start()
        bus.start()
        membership.start()
    }

    func stop() async {
        await membership.stop()
        await bus.stop()
        await client.stop()
    }
}
