/// One action at one time. Dropping the reference does not cancel it.
@Loop
public final class ScheduledTimer {
    /// When the action is due.
    public let deadline: LoopTime
    /// Breaks ties: timers due at the same time fire in the order they were made.
    let sequence: UInt64
    /// Where the queue's heap holds it; -1 once fired or cancelled.
    var index = -1
    var action: (@Loop () -> Void)?
    private let queue: TimerQueue

    init(deadline: LoopTime, sequence: UInt64, queue: TimerQueue, action: @escaping @Loop () -> Void) {
        self.deadline = deadline
        self.sequence = sequence
        self.queue = queue
        self.action = action
    }

    /// Whether the action is still to come.
    public var isPending: Bool { index >= 0 }

    /// Takes the timer out and drops its action; nothing once it fired.
    public func cancel() {
        guard index >= 0 else { return }
        queue.remove(self)
        action = nil
    }

    func isBefore(_ other: ScheduledTimer) -> Bool {
        deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
    }
}
