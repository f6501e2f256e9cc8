import EventLoop

/// Deadlines that all lie the same interval after a start that never goes back, so that a list in order of arrival is
/// a list in order of time: one timer serves any number of sockets.
@Loop final class DeadlineQueue {
    /// Nanoseconds.
    let interval: UInt64
    private let timing: any Timing
    private unowned(unsafe) var head: DeadlineNode?
    private unowned(unsafe) var tail: DeadlineNode?
    private var timer: ScheduledTimer?
    /// Nanoseconds between two runs at least: bounds timer work with many sockets to 200 runs an interval.
    private let granularity: UInt64

    init(interval: Duration, timing: any Timing) {
        self.interval = UInt64(max(0, interval.wholeNanoseconds))
        self.timing = timing
        self.granularity = max(Self.finestGranularity, min(self.interval / 200, Self.coarsestGranularity))
    }

    private static let finestGranularity: UInt64 = 1_000_000
    private static let coarsestGranularity: UInt64 = 50_000_000

    var isEmpty: Bool { head == nil }

    func add(_ node: DeadlineNode) {
        add(node, since: timing.now.nanoseconds)
    }

    /// `start` may be earlier than now (a deadline that follows from an earlier one), but not earlier than the start
    /// of the node before it by more than a run's lateness; the node then waits its turn behind that one.
    func add(_ node: DeadlineNode, since start: UInt64) {
        node.leaveDeadlineQueue()
        _ = Unmanaged.passRetained(node)
        node.deadline = start + interval
        node.deadlineQueue = self
        node.previousNode = tail
        node.nextNode = nil
        if let tail { tail.nextNode = node } else { head = node }
        tail = node
        if timer == nil { arm() }
    }

    func remove(_ node: DeadlineNode) {
        guard node.deadlineQueue === self else { return }
        if let previous = node.previousNode { previous.nextNode = node.nextNode } else { head = node.nextNode }
        if let next = node.nextNode { next.previousNode = node.previousNode } else { tail = node.previousNode }
        node.previousNode = nil
        node.nextNode = nil
        node.deadlineQueue = nil
        if head == nil {
            timer?.cancel()
            timer = nil
        }
        Unmanaged.passUnretained(node).release()
    }

    /// Does at once what is due next.
    func expireFirst() {
        guard let node = head else { return }
        remove(node)
        node.deadlinePassed()
    }

    private func arm() {
        guard let head else { return }
        let now = timing.now.nanoseconds
        let remaining = head.deadline > now ? head.deadline - now : 0
        timer = timing.after(.nanoseconds(Int64(max(remaining, granularity)))) { [weak self] in self?.run() }
    }

    private func run() {
        timer = nil
        let now = timing.now.nanoseconds
        while let node = head, node.deadline <= now {
            remove(node)
            node.deadlinePassed()
        }
        if timer == nil { arm() }
    }
}
