import EventLoop

/// Many pieces of work, a bounded number at a time.
@Loop
enum Parallel {
    /// Calls `body` with 0..<count; the first error ends it, what has begun being waited for.
    static func run(
        _ count: Int, atOnce: Int, _ body: @escaping @Loop (Int) async throws(ReplayError) -> Void
    ) async throws(ReplayError) {
        guard count > 0 else { return }
        let state = State(workers: min(atOnce, count))
        for _ in 0..<min(atOnce, count) {
            Loop.start {
                while state.next < count, state.error == nil {
                    let index = state.next
                    state.next += 1
                    do throws(ReplayError) {
                        try await body(index)
                    } catch {
                        state.error = state.error ?? error
                    }
                }
                state.workers -= 1
                if state.workers == 0 { state.done.wake() }
            }
        }
        while state.workers > 0 { await state.done.wait(until: nil) }
        if let error = state.error { throw error }
    }

    @Loop private final class State {
        var next = 0
        var workers: Int
        var error: ReplayError?
        let done = Wakeup()

        init(workers: Int) { self.workers = workers }
    }
}
