import EventLoop

/// Runs a test's body on the loop, which is started on a thread of its own if need be.
@discardableResult
public func onLoop<T: Sendable>(_ body: @escaping @Loop @Sendable () async throws -> T) async throws -> T {
    Loop.runInBackground()
    return try await Task(executorPreference: Loop.taskExecutor) { try await body() }.value
}
