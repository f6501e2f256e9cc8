import EventLoop

/// A transaction that waits for a connection of its own.
@Loop
final class LeaseWaiter {
    let deadline: LoopTime
    private var continuation: UnsafeContinuation<Result<PipelinedConnection, PostgresError>, Never>?

    init(
        deadline: LoopTime,
        continuation: UnsafeContinuation<Result<PipelinedConnection, PostgresError>, Never>
    ) {
        self.deadline = deadline
        self.continuation = continuation
    }

    /// Answers once: whoever drops a waiter from the queue settles it.
    func settle(_ outcome: Result<PipelinedConnection, PostgresError>) {
        continuation.take()?.resume(returning: outcome)
    }
}
