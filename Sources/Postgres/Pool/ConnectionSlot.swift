import EventLoop

/// One of the pool's places for a connection: keeps it filled, with growing pauses while that fails.
@Loop
final class ConnectionSlot {
    /// First pause, short since most losses are single and the server is back at once.
    private static let firstPause: Duration = .milliseconds(50)
    /// Longest pause: what a restarted server may go unnoticed.
    private static let longestPause: Duration = .seconds(2)
    /// Doublings from the first pause to beyond the longest.
    private static let mostDoublings = 6

    private(set) var connection: PipelinedConnection?
    private unowned let pool: PostgresPool
    private var failures = 0
    private var timer: ScheduledTimer?

    init(pool: PostgresPool) { self.pool = pool }

    func fill() {
        timer = nil
        let connection = PipelinedConnection(pool.configuration, pool: pool, timing: pool.timing)
        self.connection = connection
        connection.open()
    }

    func connectionBecameReady() { failures = 0 }

    /// Empties the place and fills it again after a pause: exponential, with jitter of half its length so that the
    /// nodes of a cluster do not come in step.
    func connectionClosed() {
        connection = nil
        let pause = min(Self.firstPause * (1 << min(failures, Self.mostDoublings)), Self.longestPause)
        failures += 1
        timer = pool.timing.after(pause * Double.random(in: 0.5...1)) { [weak self] in self?.fill() }
    }

    func stop() {
        timer?.cancel()
        timer = nil
        connection?.close()
        connection = nil
    }
}
