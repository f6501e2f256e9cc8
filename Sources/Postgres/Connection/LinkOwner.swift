import EventLoop

/// Whom a `Link` tells.
@Loop
protocol LinkOwner: AnyObject {
    /// Logged in.
    func linkConnected()
    /// Input was taken in; results may be ready.
    func linkReceived()
    /// The link failed or was lost; the last call, and none after `Link.close()`.
    func linkClosed(_ error: PostgresError)
}
