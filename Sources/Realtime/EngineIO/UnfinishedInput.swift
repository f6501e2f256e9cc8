import EventLoop

/// Messages of clients of which only a part has come: each must be whole in time, and all together have so many bytes. A
/// WebSocket may else begin a message, or announce attachments, and never go on.
@Loop final class UnfinishedInput {
    /// What is added to it is over when its deadline passes.
    let queue: DeadlineQueue
    private let limit: Int
    private(set) var bytes = 0

    init(limit: Int, timeout: Duration, timing: any Timing) {
        self.limit = limit
        queue = DeadlineQueue(interval: timeout, timing: timing)
    }

    /// Counts so many bytes more. False: there are too many; they are counted all the same.
    func add(_ count: Int) -> Bool {
        bytes += count
        return bytes <= limit
    }

    func remove(_ count: Int) {
        bytes -= count
    }
}
