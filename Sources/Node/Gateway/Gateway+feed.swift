import Cluster
import EventLoop
import Services
import Store
import Telemetry

/// The feed: what PostgreSQL has committed since the last look, whatever became of the messages about it. This alone
/// repairs the loss of an order's last event, which no later gap would reveal.
extension Gateway {
    private static let interval: Duration = .seconds(1)
    /// While Redis is away the feed is all there is.
    private static let intervalWithoutRedis: Duration = .milliseconds(200)

    /// Several looks missed, whatever their pace.
    private static let staleAfter: Duration = .seconds(4)

    /// Sets the cursor before the node listens, so that every socket's begin lies behind it.
    func startFeed() async throws(StoreError) {
        cursor = try await store.feedCursor()
        lastFeed = timing.now
        hasFeedBegun = true
        scheduleFeed()
    }

    func stopFeed() {
        isStopped = true
        feedTimer?.cancel()
    }

    /// Reads the feed now: a break of the bus is over, and what came meanwhile is unknown.
    func hurryFeed() {
        feedTimer?.cancel()
        runFeed()
    }

    private func scheduleFeed() {
        guard !isStopped else { return }
        let delay = bus.isUp ? Self.interval : Self.intervalWithoutRedis
        feedTimer = timing.after(delay) { [self] in runFeed() }
    }

    private func runFeed() {
        // Before it has begun there is no cursor: everything ever written would come.
        guard hasFeedBegun, !feedRuns, !isStopped else { return }
        feedRuns = true
        Loop.start { [self] in
            await readFeed()
            feedRuns = false
            scheduleFeed()
        }
    }

    private func readFeed() async {
        let feed: FeedPage
        do {
            feed = try await store.feed(since: cursor)
        } catch {
            counters.feedFailures.increment()
            return
        }
        lastFeed = timing.now
        counters.feedRows.increment(by: UInt64(feed.events.count + feed.offers.count + feed.access.count))
        // First, so that events of a merchant just joined find the sockets they are for.
        for membership in feed.memberships { received(membership) }
        for event in feed.events { received(event) }
        for offer in feed.offers { received(offer) }
        for change in feed.access { received(change) }
        if feed.cursor < cursor {
            log.warning("feed went back", ["from": "\(cursor)", "to": "\(feed.cursor)"])
            for socket in allSockets { socket.subscriber.resync() }
        }
        cursor = feed.cursor
        for socket in allSockets {
            socket.subscriber.prune(cursor: cursor)
            socket.offers.prune(cursor: cursor)
            if socket.isAbandoned { remove(socket) } else { queueFill(socket) }
        }
    }

    /// Whether PostgreSQL has answered of late: connections may look alive while the server stands still.
    var feedIsFresh: Bool { timing.now - lastFeed < Self.staleAfter }

    private var allSockets: [GatewaySocket] { accounts.values.flatMap { $0 } }
}
