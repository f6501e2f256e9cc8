public import Domain
public import EventLoop
public import Store
public import Telemetry

/// The part that brings orders to drivers: matching, offers, drivers, due jobs, and what follows a commit.
@Loop
public final class Dispatch: BackgroundService {
    /// Who this node is.
    public struct Node: Sendable {
        public let name: String
        /// Random at each start.
        public let epoch: String
        public let version: String

        public init(name: String, epoch: String, version: String) {
            self.name = name
            self.epoch = epoch
            self.version = version
        }
    }

    public let matching: Matching
    public let freeDrivers: FreeDrivers
    public let lostDrivers: LostDrivers
    public let offers: Offers
    public let drivers: Drivers
    public let presence: Presence
    public let jobs: Jobs
    public let jobAdministration: JobAdministration
    /// For every service that changes orders.
    public let afterCommit: any AfterCommit

    public init(
        store: Store, matching: MatchingSettings, drivers: DriverSettings, node: Node, live: any LiveEvents,
        volatile: any VolatileEvents, connected: any ConnectedDrivers, lock: any OrderLocking,
        identifiers: IdentifierSource, timing: any Timing, log: Log
    ) {
        let versions = OfferVersions()
        let watch = StoreWatch(timing: timing)
        self.matching = Matching(
            store: store, settings: matching, silentSeconds: drivers.silentSeconds, live: live, versions: versions,
            watch: watch, identifiers: identifiers, timing: timing, log: log)
        freeDrivers = FreeDrivers(matching: self.matching, timing: timing)
        jobs = Jobs(store: store, node: node.name, timing: timing, log: log)
        let follower = CommitFollower(
            live: live, versions: versions, matching: self.matching, freeDrivers: freeDrivers, jobs: jobs)
        afterCommit = follower
        jobs.handle(
            Store.offerWithdrawalQueue,
            JobHandler { [weak follower] job throws(JobFailure) in
                guard let follower else { throw JobFailure("the node has stopped") }
                try await OfferWithdrawalJob(store: store, after: follower).run(job)
            })
        jobAdministration = JobAdministration(store: store, jobs: jobs)
        lostDrivers = LostDrivers(
            store: store, settings: drivers, watch: watch, after: follower, timing: timing, log: log)
        offers = Offers(store: store, lock: lock, versions: versions, after: follower, timing: timing)
        self.drivers = Drivers(
            store: store, settings: drivers, node: node.name, after: follower, freeDrivers: freeDrivers,
            volatile: volatile, timing: timing)
        presence = Presence(
            store: store, settings: drivers, node: node.name, epoch: node.epoch, version: node.version,
            connected: connected, timing: timing)
    }

    /// After the migrations; with the database away everything waits for it.
    public func start() {
        presence.start()
        matching.start()
        freeDrivers.start()
        lostDrivers.start()
        jobs.start()
    }

    /// Ends what works by itself; drivers' requests are still answered.
    public func stop() async {
        await lostDrivers.stop()
        await freeDrivers.stop()
        await jobs.stop()
        await matching.stop()
        await presence.stop()
    }
}
