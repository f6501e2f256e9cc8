import Domain
public import EventLoop
import Store
import Telemetry

/// Matches anew the orders not yet picked up of drivers who have been silent for `DRIVER_LOST_SECONDS` (protocols 3.4).
@Loop
public final class LostDrivers: BackgroundService {
    /// Looks within the time that makes a driver lost; late by a twentieth of it at most.
    private static let looks = 20.0
    /// Between two looks: not more often than twice a second, and not later than 15 s.
    private static let intervals = 0.5...15.0
    /// Orders that one look takes back.
    private static let limit = 50

    private let store: Store
    private let lostSeconds: Double
    private let watch: StoreWatch
    private let after: any AfterCommit
    private let log: Log
    private var recurring: Recurring!

    init(
        store: Store, settings: DriverSettings, watch: StoreWatch, after: any AfterCommit, timing: any Timing, log: Log
    ) {
        self.store = store
        lostSeconds = settings.lostSeconds
        self.watch = watch
        self.after = after
        self.log = log
        let wanted = settings.lostSeconds / Self.looks
        let interval = min(max(wanted, Self.intervals.lowerBound), Self.intervals.upperBound)
        recurring = Recurring(every: .seconds(interval), timing: timing) { [weak self] in await self?.look() }
    }

    public func start() { recurring.start() }

    public func stop() async { await recurring.stop() }

    private func look() async {
        guard watch.seconds >= lostSeconds else { return }
        do throws(StoreError) {
            let change = try await store.releaseLostDrivers(
                lostSeconds: lostSeconds, watchSeconds: watch.seconds, limit: Self.limit)
            for event in change.events {
                log.with(correlationID: event.correlationID).warning(
                    "driver.lost",
                    [
                        "orderId": .string(event.orderID.description),
                        "driverId": LogValue(event.previousDriverID),
                    ])
            }
            after.follow(events: change.events, offers: change.offers)
        } catch {
            // The sweep of matching says that the database is away, and ends the watch.
            return
        }
    }
}
