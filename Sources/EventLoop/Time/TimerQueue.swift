/// Timers by deadline: a binary heap in which each timer knows its place, so that cancelling leaves nothing behind.
@Loop
public final class TimerQueue {
    private var heap: [ScheduledTimer] = []
    private var nextSequence: UInt64 = 0

    public init() {}

    /// Timers not yet due.
    public var count: Int { heap.count }

    /// The earliest deadline.
    public var nextDeadline: LoopTime? { heap.first?.deadline }

    /// Adds a timer.
    public func schedule(at deadline: LoopTime, _ action: @escaping @Loop () -> Void) -> ScheduledTimer {
        let timer = ScheduledTimer(deadline: deadline, sequence: nextSequence, queue: self, action: action)
        nextSequence += 1
        timer.index = heap.count
        heap.append(timer)
        siftUp(timer.index)
        return timer
    }

    /// Runs what is due at `now`, earliest first. Timers made meanwhile wait for the next call, even if due.
    public func fire(at now: LoopTime) {
        let limit = nextSequence
        while let timer = heap.first, timer.deadline <= now {
            guard timer.sequence < limit else { return }
            remove(timer)
            let action = timer.action
            timer.action = nil
            action?()
        }
    }

    func remove(_ timer: ScheduledTimer) {
        let index = timer.index
        timer.index = -1
        let last = heap.removeLast()
        guard last !== timer else { return }
        heap[index] = last
        last.index = index
        siftUp(index)
        siftDown(last.index)
    }

    private func siftUp(_ start: Int) {
        var index = start
        let timer = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard timer.isBefore(heap[parent]) else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(timer, at: index)
    }

    private func siftDown(_ start: Int) {
        var index = start
        let timer = heap[index]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(timer) else { break }
            place(heap[child], at: index)
            index = child
        }
        place(timer, at: index)
    }

    private func place(_ timer: ScheduledTimer, at index: Int) {
        heap[index] = timer
        timer.index = index
    }
}
