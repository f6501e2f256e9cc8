import EventLoop

extension SocketServer {
    /// For a log that cannot be sure any more what the sockets of `sessions` were sent: their sessions are over, and they
    /// are told to reconnect, in the waves of a drain, upon which they get fresh ones.
    public func forceRecovery(_ sessions: [RecoverySession]) {
        for session in sessions where !session.isLost {
            session.isLost = true
            counters.forcedRecoveries += 1
        }
        closeInWaves(sessions.compactMap(\.socket))
    }

    /// The same for every socket with a session, and for those that wanted one while the log promised nothing.
    public func forceRecoveryOfAll() {
        forceRecovery(allNamespaces.flatMap { $0.sockets.compactMap(\.recovery) })
        forceSessions()
    }

    /// Closes, in waves, the sockets that wanted a session while the log promised nothing: they come again and get one.
    public func forceSessions() {
        let unpromised = allNamespaces.flatMap { $0.sockets.filter { $0.wantsRecovery && $0.recovery == nil } }
        counters.forcedRecoveries += UInt64(unpromised.count)
        closeInWaves(unpromised)
    }

    /// How long ago the client of every live socket has surely received what was sent then: a live socket has answered
    /// a ping within an interval and a timeout, and that ping was sent at most a timeout before.
    public var confirmationLag: Duration {
        options.engine.pingInterval + options.engine.pingTimeout * 2 + Self.heartbeatLateness
    }

    /// By how much a loaded node's timers may be late.
    private static let heartbeatLateness: Duration = .seconds(5)
}

extension SocketServerOptions {
    /// Bytes held for one session that is being recovered.
    var maximumHeldBytes: Int { engine.maximumQueuedBytes * Self.heldQueues }

    /// What a client missed is sent piece by piece, and may be more than its queue takes at once.
    private static let heldQueues = 8
}
