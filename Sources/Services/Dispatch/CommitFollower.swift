import Domain
public import EventLoop
public import Store

/// What follows a commit on this node: its events and offers are published, an order that entered MATCHING gets its step,
/// a driver who was freed is looked at by orders that wait for one, and due jobs are taken up.
@Loop
public final class CommitFollower: AfterCommit {
    private let live: any LiveEvents
    private let versions: OfferVersions
    private let matching: Matching
    private let freeDrivers: FreeDrivers
    private let jobs: Jobs

    init(
        live: any LiveEvents, versions: OfferVersions, matching: Matching, freeDrivers: FreeDrivers, jobs: Jobs
    ) {
        self.live = live
        self.versions = versions
        self.matching = matching
        self.freeDrivers = freeDrivers
        self.jobs = jobs
    }

    public func follow(events: [EventRecord], offers: [OfferRecord]) {
        guard !events.isEmpty || !offers.isEmpty else { return }
        live.publish(events: events, offers: offers)
        versions.note(offers)
        var moved: Set<UUID16> = []
        var freed: [UUID16] = []
        for event in events {
            moved.insert(event.orderID)
            if event.type == Self.matchingType { matching.wake(event.orderID) }
            if let driver = event.previousDriverID { freed.append(driver) }
        }
        // An offer that ended while its order stayed where it was leaves a place to fill.
        for offer in offers where !offer.isOpen && !moved.contains(offer.orderID) { matching.wake(offer.orderID) }
        if !freed.isEmpty { freeDrivers.becameFree(freed) }
        jobs.wake()
    }

    private static let matchingType = OrderStatus.matching.eventType.name
}

extension AfterCommit {
    public func follow(_ change: Change) { follow(events: change.events, offers: change.offers) }
}
