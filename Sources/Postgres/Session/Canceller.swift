import EventLoop

/// Cancels statements by `pg_cancel_backend` from a session made for it, since libpq's own PQcancel blocks, without a
/// bound, and goes over the wire unencrypted. Requests that come meanwhile share the next session. One that fails is
/// dropped: whoever asked closes the connection when the statement goes on.
@Loop
final class Canceller {
    /// What a cancellation is worth waiting for: past it the asking connection is closed anyway.
    private static let timeout: Duration = .seconds(2)

    private var configuration: PostgresConfiguration
    private let timing: any Timing
    private var processIDs: [Int64] = []
    private var isAtWork = false
    private var isStopped = false

    init(_ configuration: PostgresConfiguration, timing: any Timing) {
        self.configuration = configuration
        self.configuration.connectTimeout = Self.timeout
        self.timing = timing
    }

    func cancel(processID: Int32) {
        processIDs.append(Int64(processID))
        guard !isAtWork, !isStopped else { return }
        isAtWork = true
        Loop.start { [self] in
            while !processIDs.isEmpty, !isStopped { await cancelAll() }
            isAtWork = false
        }
    }

    func stop() { isStopped = true }

    private func cancelAll() async {
        let session = PostgresSession(configuration, statementTimeout: Self.timeout, timing: timing, canceller: nil)
        defer { session.close() }
        do throws(PostgresError) {
            try await session.open()
            let now = processIDs
            processIDs = []
            _ = try await session.query(
                "SELECT pg_cancel_backend(id::int) FROM unnest($1::bigint[]) AS id", [.ints(now)],
                timeout: Self.timeout)
        } catch {
            processIDs = []
        }
    }
}
