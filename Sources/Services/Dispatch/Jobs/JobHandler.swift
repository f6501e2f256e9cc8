import EventLoop
public import Store

/// What a queue's jobs are: how they are done, and how often that is tried.
public struct JobHandler: Sendable {
    /// Does one job. Throwing means: again later. It must end within `Jobs.lease`, and doing it twice must be harmless.
    public let run: @Loop @Sendable (ClaimedJob) async throws(JobFailure) -> Void
    /// Tries until the job is dead, the first included.
    public let attempts: Int

    /// - Parameter attempts: 12 are an hour of tries.
    public init(attempts: Int = 12, run: @escaping @Loop @Sendable (ClaimedJob) async throws(JobFailure) -> Void) {
        self.run = run
        self.attempts = attempts
    }
}

/// Why a job was not done: kept with it, for an admin to read.
public struct JobFailure: Error, Sendable {
    /// Bears no values of rows and no secrets.
    public let reason: String

    public init(_ reason: String) {
        self.reason = reason
    }
}
