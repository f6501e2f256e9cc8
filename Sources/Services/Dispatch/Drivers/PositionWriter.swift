import Domain
import EventLoop
import Store

/// Writes positions in batches. While one batch is on its way the next one gathers, each driver's newest position in it, so
/// that a batch is as large as the database is slow. The first of a pause goes out at the end of the loop's turn.
///
/// Right after a batch the next one waits for those who were just answered and have more to say: half of what the batch
/// took at most, and no longer than until as many are there again. Without that wait drivers who send on each ack fall
/// into two halves, each of which waits for the other's commit: 100 such drivers brought 5,400 positions a second without it,
/// 9,000 with it.
///
/// Whoever sent a position hears of it after the commit: matching can see it then. One batch at a time, and its rows in
/// id order (the statement sorts them), so that no two of a node deadlock.
@Loop
final class PositionWriter {
    /// Rows of one batch: some 20 ms of work for the database.
    static let batchSize = 1_000
    /// Messages that wait for their batch; beyond it they are turned away. About a second of what a database takes.
    static let maximumWaiting = 20_000

    /// The longest wait after a batch, however slow it was: little beside what a commit takes on a slow disk.
    static let longestGathering: Duration = .milliseconds(10)

    typealias Written = @Loop ([StoredPosition]) -> Void

    private struct Entry {
        var report: PositionReport
        /// By which the next report of this driver is newer or late.
        var at: TimeStamp
        var waiters: [UnsafeContinuation<Result<Void, ServiceError>, Never>]
    }

    private(set) var statistics = PositionStatistics()

    private let store: Store
    private let node: String
    private let timing: any Timing
    private let written: Written
    private var entries: [UUID16: Entry] = [:]
    private var line: [UUID16] = []
    private var waiting = 0
    private var isWriting = false
    private var isScheduled = false
    /// After a batch: until when the next one gathers, and how many positions end that sooner.
    private var gathersUntil: LoopTime?
    private var gathering: ScheduledTimer?
    private var expected = 0

    init(store: Store, node: String, timing: any Timing, written: @escaping Written) {
        self.store = store
        self.node = node
        self.timing = timing
        self.written = written
    }

    /// Returns once the driver's position is at least as new as these.
    ///
    /// - Parameter reports: one message's, at least one.
    func write(_ reports: [PositionReport], of driver: UUID16) async throws(ServiceError) {
        guard waiting < Self.maximumWaiting else {
            statistics.refused += 1
            throw .unavailable
        }
        statistics.received += 1
        waiting += 1
        // Resumed once, by the batch that takes the entry out.
        let outcome = await withUnsafeContinuation { gather(reports, of: driver, $0) }
        waiting -= 1
        try outcome.get()
    }

    private func gather(
        _ reports: [PositionReport], of driver: UUID16, _ waiter: UnsafeContinuation<Result<Void, ServiceError>, Never>
    ) {
        let now = TimeStamp(milliseconds: timing.wallMilliseconds)
        let newest = PositionIntake.newest(of: reports, now: now, known: entries[driver]?.at)
        if entries[driver] != nil {
            if let newest {
                entries[driver]?.report = newest.report
                entries[driver]?.at = newest.at
            } else {
                statistics.late += 1
            }
            entries[driver]?.waiters.append(waiter)
        } else if let newest {
            entries[driver] = Entry(report: newest.report, at: newest.at, waiters: [waiter])
            line.append(driver)
        } else {
            waiter.resume(returning: .success(()))
        }
        schedule()
    }

    private func schedule() {
        guard !isWriting, !line.isEmpty else { return }
        if let until = gathersUntil, line.count < expected {
            let left = until - timing.now
            if left > .zero {
                guard gathering == nil else { return }
                gathering = timing.after(left) { [weak self] in self?.writeNext() }
                return
            }
        }
        guard !isScheduled else { return }
        isScheduled = true
        Loop.atTurnEnd { [weak self] in
            self?.isScheduled = false
            self?.writeNext()
        }
    }

    private func writeNext() {
        guard !isWriting, !line.isEmpty else { return }
        isWriting = true
        gathering?.cancel()
        gathering = nil
        let drivers = line.prefix(Self.batchSize)
        line.removeFirst(drivers.count)
        var batch: [DriverPosition] = []
        var waiters: [[UnsafeContinuation<Result<Void, ServiceError>, Never>]] = []
        batch.reserveCapacity(drivers.count)
        waiters.reserveCapacity(drivers.count)
        for driver in drivers {
            guard let entry = entries.removeValue(forKey: driver) else { continue }
            batch.append(DriverPosition(driverID: driver, report: entry.report))
            waiters.append(entry.waiters)
        }
        let began = timing.now
        Loop.start { [self, batch, waiters] in
            await write(batch[...], waiters[...])
            isWriting = false
            let now = timing.now
            gathersUntil = now + min((now - began) / 2, Self.longestGathering)
            expected = min(line.count + batch.count, Self.batchSize)
            schedule()
        }
    }

    /// What no database can keep of one driver must not cost the others theirs: a batch that fails for itself is halved.
    private func write(
        _ batch: ArraySlice<DriverPosition>,
        _ waiters: ArraySlice<[UnsafeContinuation<Result<Void, ServiceError>, Never>]>
    ) async {
        do throws(StoreError) {
            let stored = try await store.storePositions(Array(batch), node: node)
            statistics.batches += 1
            statistics.written += UInt64(batch.count)
            statistics.late += UInt64(batch.count - stored.count)
            for waiter in waiters.joined() { waiter.resume(returning: .success(())) }
            written(stored)
        } catch {
            guard batch.count == 1 || (error.kind != .failed && error.kind != .invalidInput) else {
                let middle = batch.startIndex + batch.count / 2
                await write(batch[..<middle], waiters[..<middle])
                return await write(batch[middle...], waiters[middle...])
            }
            statistics.refused += UInt64(batch.count)
            for waiter in waiters.joined() { waiter.resume(returning: .failure(ServiceError(error))) }
        }
    }
}
