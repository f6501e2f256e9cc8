import EventLoop

/// One statement on its way: waiting, in flight or settled.
@Loop
final class PendingQuery {
    /// The result that comes next from the server.
    enum Step { case preparation, description, execution }

    let statement: PostgresStatement
    let parameters: [PostgresValue]
    let began: LoopTime
    let deadline: LoopTime
    /// Within a transaction nothing is repeated: its other statements would be missing.
    let isTransactional: Bool
    /// Whether it is committed when it succeeds: false within a transaction, but for its COMMIT. Else it has had no
    /// effect whenever the connection is lost.
    let commits: Bool

    var step = Step.execution
    /// What this statement is prepared as on the connection it was sent over.
    var prepared: PreparedStatement?
    var result: ResultOwner?
    var failure: ServerFailure?
    var isRepeated = false
    private var continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>?

    init(
        _ statement: PostgresStatement, _ parameters: [PostgresValue], began: LoopTime, deadline: LoopTime,
        isTransactional: Bool, commits: Bool,
        continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>
    ) {
        self.statement = statement
        self.parameters = parameters
        self.began = began
        self.deadline = deadline
        self.isTransactional = isTransactional
        self.commits = commits
        self.continuation = continuation
    }

    /// Whether its caller has had an answer.
    var isSettled: Bool { continuation == nil }

    /// Answers the caller; false when it has had its answer. The unsafe continuation spares each statement an
    /// allocation; it is resumed exactly once because it is taken out here, and because its holders (the waiting
    /// queue and the connection's queue) settle whatever they drop.
    @discardableResult
    func settle(_ outcome: Result<PostgresRows, PostgresError>) -> Bool {
        guard let continuation = continuation.take() else { return false }
        continuation.resume(returning: outcome)
        return true
    }
}
