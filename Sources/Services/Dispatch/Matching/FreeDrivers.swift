public import Domain
public import EventLoop

/// Looks whether UNASSIGNED orders can go on: for drivers who became free, came on duty or moved, and for orders whose
/// time to be looked at again has come.
///
/// Drivers are gathered and asked about together: at once when somebody became free, and once a second for those who only
/// moved, of whom there are many. Nothing here must happen: each order is looked at again by itself (`recheck_at`).
@Loop
public final class FreeDrivers: BackgroundService {
    /// Between two looks for those who moved, and for orders that are due.
    static let interval: Duration = .seconds(1)
    /// Drivers asked about at once.
    static let batchSize = 500
    /// Drivers who wait. Beyond it they are passed over until they move again.
    static let maximumWaiting = 5_000

    private let matching: Matching
    private var waiting: Set<UUID16> = []
    private var recurring: Recurring!

    init(matching: Matching, timing: any Timing) {
        self.matching = matching
        recurring = Recurring(every: Self.interval, timing: timing) { [weak self] in await self?.look() }
    }

    public func start() { recurring.start() }

    public func stop() async { await recurring.stop() }

    /// These have room, or came on duty, just now.
    public func becameFree(_ drivers: some Sequence<UUID16>) {
        add(drivers)
        if !waiting.isEmpty { recurring.wake() }
    }

    /// These are somewhere else now.
    func moved(_ drivers: some Sequence<UUID16>) { add(drivers) }

    private func add(_ drivers: some Sequence<UUID16>) {
        for driver in drivers where waiting.count < Self.maximumWaiting { waiting.insert(driver) }
    }

    private func look() async {
        if !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batchSize))
            waiting.subtract(batch)
            await matching.reopen(near: batch)
        }
        await matching.reopen(near: nil)
    }
}
