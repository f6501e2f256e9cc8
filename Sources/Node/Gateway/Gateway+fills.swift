import Domain
import EventLoop
import Realtime
import Services
import Store
import Telemetry

/// Reads what sockets miss from PostgreSQL: the orders of many sockets in one statement, a few statements at a time,
/// for sockets that have room.
extension Gateway {
    /// Orders in one statement: a reply of at most a few hundred kilobytes.
    private static let fillsAtOnce = 128
    /// Orders of one socket in one statement, so that one that catches up does not hold up the others.
    private static let fillsOfOneSocket = 32
    /// Statements in flight: leaves the pool to the requests.
    private static let statementsAtOnce = 2
    /// After a failed statement; PostgreSQL is away or busy.
    private static let retryDelay: Duration = .milliseconds(500)

    func queueFill(_ socket: GatewaySocket) {
        guard !socket.isQueued, !socket.isClosed, socket.isOpen, socket.subscriber.hasBacklog else { return }
        guard socket.canPush else {
            awaitRoom(socket)
            return
        }
        socket.isQueued = true
        fillQueue.append(socket)
        pumpFills()
    }

    /// Comes back to the socket when everything queued for it has left.
    private func awaitRoom(_ socket: GatewaySocket) {
        counters.socketsPaced.increment()
        socket.socket.whenDrained { [weak self, weak socket] in
            guard let self, let socket else { return }
            queueFill(socket)
        }
    }

    private func pumpFills() {
        guard !fillsScheduled else { return }
        fillsScheduled = true
        // Once a turn: what one burst of messages makes many sockets miss is one statement.
        Loop.atTurnEnd { [weak self] in
            guard let self else { return }
            fillsScheduled = false
            while fillsInFlight < Self.statementsAtOnce, !fillQueue.isEmpty { startFills() }
        }
    }

    private func startFills() {
        var batch: [(GatewaySocket, Subscriber.Fill)] = []
        var taken = 0
        while taken < fillQueue.count, batch.count < Self.fillsAtOnce {
            let socket = fillQueue[taken]
            taken += 1
            socket.isQueued = false
            guard !socket.isClosed else { continue }
            let limit = min(Self.fillsOfOneSocket, Self.fillsAtOnce - batch.count)
            for fill in socket.subscriber.nextFills(limit: limit) { batch.append((socket, fill)) }
        }
        fillQueue.removeFirst(taken)
        guard !batch.isEmpty else { return }
        fillsInFlight += 1
        counters.fills.increment(by: UInt64(batch.count))
        Loop.start { [self] in
            await fill(batch)
            fillsInFlight -= 1
            pumpFills()
        }
    }

    private func fill(_ batch: [(GatewaySocket, Subscriber.Fill)]) async {
        var wanted: [UUID16: Int] = [:]
        for (_, fill) in batch { wanted[fill.order] = min(wanted[fill.order] ?? fill.after, fill.after) }
        do {
            let events = try await store.events(past: wanted.map { (orderID: $0.key, seq: $0.value) })
            let byOrder = Dictionary(grouping: events, by: \.orderID)
            for (socket, fill) in batch where !socket.isClosed {
                for event in socket.subscriber.filled(fill, byOrder[fill.order] ?? []) { push(event, to: socket) }
            }
            // Heard of and not to be seen yet: asking again at once would only ask faster.
            let isStarved = events.isEmpty && batch.contains { $0.subscriber.awaits($1.order) }
            if isStarved { requeueLater(batch) } else { requeue(batch) }
        } catch {
            counters.fillFailures.increment()
            for (socket, fill) in batch { socket.subscriber.fillFailed(fill) }
            requeueLater(batch)
        }
    }

    private func requeueLater(_ batch: [(GatewaySocket, Subscriber.Fill)]) {
        timing.after(Self.retryDelay) { [self] in requeue(batch) }
    }

    private func requeue(_ batch: [(GatewaySocket, Subscriber.Fill)]) {
        for (socket, _) in batch { queueFill(socket) }
    }
}
