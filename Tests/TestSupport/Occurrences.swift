public import EventLoop

/// Counts what happens, and lets a test wait until it has happened often enough.
@Loop
public final class Occurrences {
    public private(set) var count = 0
    private var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    public init() {}

    public func note() {
        count += 1
        let due = waiting.filter { $0.count <= count }
        waiting.removeAll { $0.count <= count }
        for waiter in due { waiter.continuation.resume() }
    }

    /// Returns once it has happened `wanted` times since the beginning.
    public func reach(_ wanted: Int) async {
        guard count < wanted else { return }
        await withCheckedContinuation { waiting.append((wanted, $0)) }
    }
}
