public import EventLoop
public import Testing

/// Counts what happens, and lets a test wait until it has happened often enough.
@Loop
public final class Occurrences {
    public private(set) var count = 0
    private let waiters = Waiters()

    public init() {}

    public func note() {
        count += 1
        waiters.look()
    }

    /// Returns once it has happened `wanted` times since the beginning.
    public func reach(_ wanted: Int, sourceLocation: SourceLocation = #_sourceLocation) async {
        await waiters.wait(
            for: "\(wanted) times", seen: { "\(count) times" }, sourceLocation: sourceLocation
        ) { [unowned self] in count >= wanted }
    }
}
