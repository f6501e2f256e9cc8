import EventLoop

/// What happened, in order.
@Loop
final class Trace {
    private(set) var entries: [String] = []

    func add(_ entry: String) {
        entries.append(entry)
    }
}
