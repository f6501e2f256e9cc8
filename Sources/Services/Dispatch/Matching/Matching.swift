public import Domain
public import EventLoop
import Store
import Telemetry

/// Takes the matching steps that are due: claims the order, lets `MatchingPolicy` decide, carries it out (protocols 3.1).
///
/// A step is taken right after the commit that made it due (`wake`), and every node sweeps for what was left over: by a
/// dead node, a lost wake-up, a deadline. Each statement stands alone, so whoever stops in the middle holds nothing but a
/// lease, and comes too late when that has gone to another.
///
/// PostgreSQL away: wake-ups are dropped, the sweep goes on asking, and finds everything due when it is back.
@Loop
public final class Matching: BackgroundService {
    /// Between two sweeps: a deadline is met late by no more, and two of them are the promise to take over.
    public static let sweepInterval: Duration = .milliseconds(500)
    /// Steps at a time that wake-ups begin: each is one statement in flight, and the database's cores are few.
    static let maximumSteps = 8
    /// Steps that one sweep claims: all are carried out well within their lease of a second.
    static let sweepSize = 16
    /// Orders that wait for their step here. Beyond it the sweep finds them.
    static let maximumQueued = 4096

    /// Since the start.
    public private(set) var statistics = MatchingStatistics()

    private let store: Store
    private let settings: MatchingSettings
    private let silentSeconds: Double
    private let live: any LiveEvents
    private let versions: OfferVersions
    private let watch: StoreWatch
    private let identifiers: IdentifierSource
    private let log: Log
    private let jitter: @Loop () -> Double
    private var sweeper: Recurring!
    private var queue: [UUID16] = []
    private var queued: Set<UUID16> = []
    private var running = 0
    private var isStarted = false
    private var isFailing = false
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    init(
        store: Store, settings: MatchingSettings, silentSeconds: Double, live: any LiveEvents, versions: OfferVersions,
        watch: StoreWatch, identifiers: IdentifierSource, timing: any Timing, log: Log,
        jitter: @escaping @Loop () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.store = store
        self.settings = settings
        self.silentSeconds = silentSeconds
        self.live = live
        self.versions = versions
        self.watch = watch
        self.identifiers = identifiers
        self.log = log
        self.jitter = jitter
        sweeper = Recurring(every: Self.sweepInterval, timing: timing) { [weak self] in await self?.sweep() }
    }

    public func start() {
        isStarted = true
        sweeper.start()
    }

    public func stop() async {
        isStarted = false
        queue = []
        queued = []
        await sweeper.stop()
        guard running > 0 else { return }
        await withCheckedContinuation { idleWaiters.append($0) }
    }

    // MARK: Steps

    /// The order's step is due: takes it now. Never waits.
    public func wake(_ order: UUID16) {
        guard isStarted, !queued.contains(order) else { return }
        guard queue.count < Self.maximumQueued else {
            statistics.droppedWakes += 1
            return
        }
        queued.insert(order)
        queue.append(order)
        takeQueued()
    }

    private func takeQueued() {
        while running < Self.maximumSteps, !queue.isEmpty {
            let order = queue.removeFirst()
            queued.remove(order)
            running += 1
            Loop.start { [self] in
                await step(order)
                running -= 1
                takeQueued()
                guard running == 0 else { return }
                for waiter in idleWaiters { waiter.resume() }
                idleWaiters = []
            }
        }
    }

    private func step(_ order: UUID16) async {
        do throws(StoreError) {
            let claims = try await store.claimMatching(
                order: order, limit: 1, settings: settings, silentSeconds: silentSeconds)
            for claim in claims { await carryOut(claim) }
        } catch {
            failed(error)
        }
    }

    /// Claims whatever is due, and carries it out.
    private func sweep() async {
        while isStarted {
            let claims: [MatchingClaim]
            do throws(StoreError) {
                claims = try await store.claimMatching(
                    limit: Self.sweepSize, settings: settings, silentSeconds: silentSeconds)
            } catch {
                watch.failed()
                return failed(error)
            }
            watch.answered()
            recovered()
            let steps = claims.map { claim in Loop.start { [self] in await carryOut(claim) } }
            for step in steps { await step.value }
            statistics.sweeps += 1
            guard claims.count == Self.sweepSize else { return }
        }
    }

    private func carryOut(_ claim: MatchingClaim) async {
        let decision = MatchingPolicy.decide(claim.snapshot, settings: settings, jitter: jitter())
        let offers = decision.offers.map { offer in
            (
                id: identifiers.next(),
                payout: CourierPayout.minorUnits(
                    approachMeters: offer.distanceMeters, deliveryMeters: claim.deliveryMeters)
            )
        }
        do throws(StoreError) {
            let change = try await store.applyMatching(claim, decision, offers: offers)
            guard change.isDone else {
                statistics.stale += 1
                // Whoever made it stale woke matching while this step was in its way: nothing is due if not.
                return wake(claim.orderID)
            }
            statistics.steps += 1
            if decision.outcome == .unassigned { statistics.unassigned += 1 }
            note(claim, decision)
            publish(change)
            let made = change.offers.count(where: \.isOpen)
            statistics.offers += UInt64(made)
            // Somebody who was to be asked is no longer free: the step is due again at once.
            if made < offers.count { wake(claim.orderID) }
        } catch {
            failed(error)
        }
    }

    private func note(_ claim: MatchingClaim, _ decision: MatchingDecision) {
        guard decision.isNoteworthy else { return }
        log.with(correlationID: claim.correlationID).debug(
            "matching.step",
            [
                "orderId": .string(claim.orderID.description), "outcome": .string(decision.outcome.rawValue),
                "round": LogValue(decision.round), "triesUsed": LogValue(decision.triesUsed),
                "offers": LogValue(decision.offers.count), "lapsed": LogValue(decision.lapsedOfferIds.count),
            ])
    }

    // MARK: Back from UNASSIGNED

    /// Orders that one look brings back.
    private static let reopenLimit = 50

    /// Brings UNASSIGNED orders back where somebody free is near: near `drivers`, or (nil) those whose time to be looked
    /// at again has come.
    func reopen(near drivers: [UUID16]?) async {
        do throws(StoreError) {
            let change = try await store.reopenUnassigned(
                near: drivers, settings: settings, silentSeconds: silentSeconds, limit: Self.reopenLimit)
            statistics.reopened += UInt64(change.events.count)
            publish(change)
            for event in change.events { wake(event.orderID) }
        } catch {
            failed(error)
        }
    }

    // MARK: Both

    private func publish(_ change: Change) {
        versions.note(change.offers)
        guard !change.events.isEmpty || !change.offers.isEmpty else { return }
        live.publish(events: change.events, offers: change.offers)
    }

    /// Says so once for each outage, not for each try.
    private func failed(_ error: StoreError) {
        statistics.failures += 1
        guard !isFailing else { return }
        isFailing = true
        log.warning("matching.failing", ["error": .string("\(error)")])
    }

    private func recovered() {
        guard isFailing else { return }
        isFailing = false
        log.info("matching.recovered")
    }
}
