/// What a PostgreSQL snapshot sees, as `pg_current_snapshot()` prints it: `xmin:xmax:xip,xip,…`.
///
/// A socket keeps the snapshot of its CONNECT: events that it sees were committed before, all others after
/// (PostgreSQL 15 manual, 9.83 "Snapshot Components").
public struct TransactionSnapshot: Sendable, Equatable {
    /// Every transaction below this one had ended when the snapshot was taken.
    public let lowestRunning: UInt64
    /// The first transaction not yet begun when the snapshot was taken.
    public let nextToBegin: UInt64
    /// Transactions in between that were still running, in ascending order.
    public let running: [UInt64]

    public init(lowestRunning: UInt64, nextToBegin: UInt64, running: [UInt64] = []) {
        self.lowestRunning = lowestRunning
        self.nextToBegin = nextToBegin
        self.running = running
    }

    /// Nil when the text is not of PostgreSQL's form.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let lowest = UInt64(parts[0]), let next = UInt64(parts[1]) else { return nil }
        var running: [UInt64] = []
        for part in parts[2].split(separator: ",") {
            guard let transaction = UInt64(part) else { return nil }
            running.append(transaction)
        }
        self.init(lowestRunning: lowest, nextToBegin: next, running: running)
    }

    /// Whether what this committed transaction wrote was visible.
    public func sees(_ transaction: UInt64) -> Bool {
        if transaction < lowestRunning { return true }
        if transaction >= nextToBegin { return false }
        return !running.contains(transaction)
    }
}
