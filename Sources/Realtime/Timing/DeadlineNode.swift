import EventLoop

/// What waits in a `DeadlineQueue`: one node is in one queue at a time. Base class, so that waiting costs an object
/// four words and no allocation.
@Loop class DeadlineNode {
    // unowned(unsafe): the queue holds one retain count of each of its nodes, so that a neighbour is alive while it is
    // one, and the links themselves need none.
    unowned(unsafe) var previousNode: DeadlineNode?
    unowned(unsafe) var nextNode: DeadlineNode?
    unowned(unsafe) var deadlineQueue: DeadlineQueue?
    /// Monotonic nanoseconds; meaningful while in a queue.
    var deadline: UInt64 = 0

    /// The queue has already let go of the node.
    func deadlinePassed() {}

    final func leaveDeadlineQueue() {
        deadlineQueue?.remove(self)
    }
}
