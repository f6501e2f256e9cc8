public import EventLoop
public import Testing

/// How long a test waits for what must happen: for loaded machines, not a measure. Below the suites' time limit of a minute,
/// which ends a run without a word of what was missing.
public let patience: Duration = .seconds(20)

/// Returns once the condition holds, looked at whenever other tasks of the loop and its sockets had their turn. The test fails
/// when it does not in time, and goes on.
@Loop
public func until(
    _ expected: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Loop () async throws -> Bool
) async rethrows {
    let deadline = SystemTiming.shared.now + patience
    while try await !condition() {
        guard SystemTiming.shared.now < deadline else {
            Issue.record("not within \(patience): \(expected)", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}

/// Those who wait for something that a test watches, each for a bounded time.
@Loop
public final class Waiters {
    private var waiting:
        [(id: Int, condition: @Loop () -> Bool, timer: ScheduledTimer, continuation: CheckedContinuation<Bool, Never>)] =
            []
    private var lastID = 0

    public init() {}

    /// Returns once the condition holds, looked at with each `look`. The test fails when it does not in time, with what was
    /// expected and what came; then this returns false.
    @discardableResult
    public func wait(
        for expected: String, seen: @Loop () -> String, sourceLocation: SourceLocation,
        _ condition: @escaping @Loop () -> Bool
    ) async -> Bool {
        guard !condition() else { return true }
        let isMet = await withCheckedContinuation { continuation in
            lastID += 1
            let id = lastID
            let timer = SystemTiming.shared.after(patience) { [weak self] in self?.giveUp(id) }
            waiting.append((id, condition, timer, continuation))
        }
        if !isMet {
            Issue.record("not within \(patience): \(expected); what came: \(seen())", sourceLocation: sourceLocation)
        }
        return isMet
    }

    /// Resumes those whose condition holds now.
    public func look() {
        let met = waiting.filter { $0.condition() }
        let ids = Set(met.map(\.id))
        waiting.removeAll { ids.contains($0.id) }
        for waiter in met {
            waiter.timer.cancel()
            waiter.continuation.resume(returning: true)
        }
    }

    private func giveUp(_ id: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }
}
