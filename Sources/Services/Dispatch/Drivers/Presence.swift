public import Domain
public import EventLoop
import Store

/// Writes signs of life: this node's own each second, and those of the drivers whose sockets it holds (protocols 3.4).
@Loop
public final class Presence: BackgroundService {
    /// Between two beats: five are missed before a node counts as dead.
    public static let beatInterval: Duration = .seconds(1)
    /// Drivers of one statement: a few milliseconds of work.
    private static let stampSize = 1_000
    /// Drivers who came or went and wait to be stamped. Beyond it the next round of stamps has to do.
    private static let maximumWaiting = 10_000

    private let store: Store
    private let node: String
    private let epoch: String
    private let version: String
    private let connected: any ConnectedDrivers
    private var beats: Recurring!
    private var rounds: Recurring!
    private var arrivals: Recurring!
    private var waiting: Set<UUID16> = []

    /// - Parameters:
    ///   - node: this node's name.
    ///   - epoch: random at each start.
    init(
        store: Store, settings: DriverSettings, node: String, epoch: String, version: String,
        connected: any ConnectedDrivers, timing: any Timing
    ) {
        self.store = store
        self.node = node
        self.epoch = epoch
        self.version = version
        self.connected = connected
        beats = Recurring(every: Self.beatInterval, timing: timing) { [weak self] in await self?.beat() }
        rounds = Recurring(every: .seconds(settings.stampSeconds), timing: timing) { [weak self] in
            guard let self else { return }
            await stamp(self.connected.connectedDrivers)
        }
        arrivals = Recurring(every: Self.beatInterval, timing: timing) { [weak self] in await self?.stampWaiting() }
    }

    public func start() {
        beats.start()
        rounds.start()
        arrivals.start()
    }

    public func stop() async {
        await rounds.stop()
        await arrivals.stop()
        await beats.stop()
    }

    /// A driver's socket opened or closed here: alive as of now. Never waits.
    public func sign(of driver: UUID16) {
        guard waiting.count < Self.maximumWaiting, waiting.insert(driver).inserted, waiting.count == 1 else { return }
        // What comes in one turn of the loop goes out in one statement.
        Loop.atTurnEnd { [weak self] in self?.arrivals.wake() }
    }

    private func beat() async {
        // The next one comes in a second; who misses five is taken for dead.
        try? await store.beat(name: node, epoch: epoch, version: version)
    }

    private func stampWaiting() async {
        guard !waiting.isEmpty else { return }
        let drivers = Array(waiting)
        waiting = []
        await stamp(drivers)
    }

    private func stamp(_ drivers: [UUID16]) async {
        var rest = drivers[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.stampSize)
            rest.removeFirst(batch.count)
            // Four rounds fit into the time after which silence counts.
            try? await store.stampSeen(Array(batch), node: node)
        }
    }
}
