import EventLoop

extension PostgresPool {
    /// The deadline of a script unless its caller names one: a migration may rewrite a large table.
    nonisolated public static let scriptTimeout: Duration = .seconds(300)

    /// Runs SQL of several statements on a connection of its own (migrations, tests). It connects even when the pool
    /// has not been started.
    public func script(
        _ sql: String, timeout: Duration = PostgresPool.scriptTimeout
    ) async throws(PostgresError) {
        let session = newSession(statementTimeout: timeout)
        defer { session.close() }
        try await session.open()
        try await session.script(sql, timeout: timeout)
    }

    /// Runs `body` with a session of its own, closed when it returns: for session locks around several scripts. No
    /// statement in it runs longer than `statementTimeout`.
    public func withSession<T: Sendable>(
        statementTimeout: Duration = PostgresPool.scriptTimeout,
        _ body: @Loop (PostgresSession) async throws -> T
    ) async throws -> T {
        let session = newSession(statementTimeout: statementTimeout)
        defer { session.close() }
        try await session.open()
        return try await body(session)
    }

    /// Calls `handler` for each NOTIFY on `channel`, over a connection that listens to all channels and is made again
    /// when it is lost.
    public func listen(_ channel: String, _ handler: @escaping @Loop (_ payload: String) -> Void) {
        listener.add(channel, handler)
        if isAcceptingWork { listener.start() }
    }

    /// Called each time all channels are (again) listened to: notifications sent before may have been missed.
    public var onListening: (() -> Void)? {
        get { listener.onListening }
        set { listener.onListening = newValue }
    }

    private func newSession(statementTimeout: Duration) -> PostgresSession {
        PostgresSession(configuration, statementTimeout: statementTimeout, timing: timing, canceller: canceller)
    }
}
