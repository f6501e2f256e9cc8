public import Domain
public import EventLoop
public import Store

/// What drivers answer to offers: one winner, within capacity (protocols 1).
///
/// PostgreSQL decides, in one statement. The order lock only keeps the stampede off it, and may refuse on proof alone: a won
/// marker newer than the driver's offer, whose version this node must have seen. Whatever becomes of the lock, the answer is
/// right without it.
@Loop
public final class Offers {
    /// For PostgreSQL's decision. With the lock's quarter of a second it stays below the five that a client waits.
    static let acceptTimeout: Duration = .seconds(4)
    /// An accept of unknown outcome is asked again until then, so that a lost connection is not noticed.
    static let patience: Duration = .milliseconds(2_500)
    /// Before it is asked again.
    static let pause: Duration = .milliseconds(50)
    /// A release is decided upon what was read; somebody may change the order in between. The third time is no chance.
    private static let releaseTries = 3

    /// Since the start.
    public private(set) var statistics = OfferStatistics()

    private let store: Store
    private let lock: any OrderLocking
    private let versions: OfferVersions
    private let after: any AfterCommit
    private let timing: any Timing

    init(
        store: Store, lock: any OrderLocking, versions: OfferVersions, after: any AfterCommit, timing: any Timing
    ) {
        self.store = store
        self.lock = lock
        self.versions = versions
        self.after = after
        self.timing = timing
    }

    /// Offers that this node heard of from others: what it must have seen for the lock's proof to count.
    public func seen(_ offers: [OfferRecord]) { versions.note(offers) }

    // MARK: Accept

    /// A driver takes an order; returns after the commit. The winner's repeat gets the order as it is.
    ///
    /// - Parameters:
    ///   - offer: that very offer; nil: the driver's newest of this order.
    /// - Throws: `OFFER_NOT_FOUND`, `ORDER_ALREADY_ACCEPTED`, `OFFER_EXPIRED`, `ORDER_CANCELLED`, `DRIVER_AT_CAPACITY`,
    ///   `UNAVAILABLE` (outcome unknown).
    public func accept(
        _ order: UUID16, driver: UUID16, offer: UUID16?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        let claim = await lock.claim(
            order: order, driver: driver,
            offerVersion: versions.version(order: order, driver: driver, offer: offer))
        if case .lost = claim {
            statistics.refusedByLock += 1
            throw .orderAlreadyAccepted
        }
        let change: Change
        do throws(StoreError) {
            change = try await decide(order, driver: driver, offer: offer, correlationID: correlationID)
        } catch {
            if claim == .claimed { lock.release(order: order, driver: driver) }
            throw ServiceError(error)
        }
        if let refusal = change.refusal {
            statistics.refused += 1
            if claim == .claimed { lock.release(order: order, driver: driver) }
            throw ServiceError(offer: refusal)
        }
        statistics.accepted += 1
        let version = change.version ?? 0
        // The winner's answer goes first: everybody else is told before this turn of the loop ends.
        Loop.atTurnEnd { [lock, after] in
            lock.won(order: order, version: version, driver: driver)
            after.follow(change)
        }
        return OrderAnswer(json: change.json, version: version)
    }

    /// Asks PostgreSQL, and where the outcome is unknown asks again: the winner's repeat is answered as the winner's.
    private func decide(
        _ order: UUID16, driver: UUID16, offer: UUID16?, correlationID: String
    ) async throws(StoreError) -> Change {
        let began = timing.now
        var isUnknown = false
        while true {
            do throws(StoreError) {
                return try await store.accept(
                    order, driver: driver, offer: offer, correlationID: correlationID, timeout: Self.acceptTimeout)
            } catch {
                if error.mayHaveTakenEffect {
                    isUnknown = true
                    statistics.unknownOutcomes += 1
                }
                guard isUnknown, error.kind != .failed, timing.now - began < Self.patience else { throw error }
                do { try await timing.sleep(for: Self.pause) } catch { continue }
            }
        }
    }

    // MARK: Reject and release

    /// A driver refuses an order for good; matching asks others at once.
    ///
    /// - Throws: as `accept`.
    public func reject(
        _ order: UUID16, driver: UUID16, offer: UUID16?, reason: String?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        let change = try await storing { () async throws(StoreError) in
            try await store.reject(
                order, driver: driver, offer: offer, reason: reason, correlationID: correlationID)
        }
        if let refusal = change.refusal { throw ServiceError(offer: refusal) }
        statistics.rejected += 1
        after.follow(change)
        return OrderAnswer(json: change.json, version: change.version ?? 0)
    }

    /// A driver gives an order back before pickup; it is matched anew, without that driver.
    ///
    /// - Parameters:
    ///   - expected: the version that the caller has read; another now is refused.
    /// - Throws: `NOT_FOUND` for an order that is not the driver's, `INVALID_TRANSITION` where it cannot be given back.
    public func release(
        _ order: UUID16, driver: UUID16, reason: String, expected: Int? = nil, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        for _ in 0..<Self.releaseTries {
            let view = try await storing { () async throws(StoreError) in try await store.order(order, for: driver) }
            guard let view, view.driverID == driver else { throw .notFound }
            if let expected, expected != view.version { throw .versionConflict }
            guard case .allowed = OrderLifecycle.decide(view.facts, to: .matching, by: .driver) else {
                throw ServiceError(.conflict, "INVALID_TRANSITION", "The order can no longer be given back.")
            }
            let change = try await storing { () async throws(StoreError) in
                try await store.transition(
                    order, version: view.version, to: .matching, actor: .driver, actorID: driver, reason: reason,
                    correlationID: correlationID)
            }
            switch change.refusal {
            case nil:
                statistics.released += 1
                after.follow(change)
                return OrderAnswer(json: change.json, version: change.version ?? 0)
            case .conflictVersion: continue
            case .notFound: throw .notFound
            default: throw ServiceError(.conflict, "INVALID_TRANSITION", "The order can no longer be given back.")
            }
        }
        throw .unavailable
    }

    // MARK: Reading

    /// The driver's offers that are still open, newest first, as `{"data": […]}`.
    public func open(of driver: UUID16) async throws(ServiceError) -> [UInt8] {
        try await storing { () async throws(StoreError) in try await store.openOffers(of: driver) }
    }
}
