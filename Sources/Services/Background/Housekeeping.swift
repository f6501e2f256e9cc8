public import EventLoop
public import Store

/// Ends what has served its time: sessions that nobody refreshed, answers kept for idempotency keys. Every node does it;
/// each row is dealt with once.
///
/// With the database away nothing is lost: the next look finds the same rows.
@Loop
public final class Housekeeping: BackgroundService {
    /// Between two looks at sessions: their sockets end within a second or two of it.
    private static let sessionInterval: Duration = .seconds(1)
    /// Between two looks at rows that nobody reads any more.
    private static let rowInterval: Duration = .seconds(60)
    /// Rows of one look: a short transaction. More are found at the next.
    private static let limit = 500

    private let sessions: Recurring
    private let rows: Recurring

    public init(store: Store, timing: any Timing) {
        sessions = Recurring(every: Self.sessionInterval, timing: timing) {
            _ = try? await store.endExpiredSessions(limit: Self.limit)
        }
        rows = Recurring(every: Self.rowInterval, timing: timing) {
            _ = try? await store.sweepExpired(limit: Self.limit)
        }
    }

    public func start() {
        sessions.start()
        rows.start()
    }

    public func stop() async {
        await sessions.stop()
        await rows.stop()
    }
}
