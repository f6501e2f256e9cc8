public import EventLoop

/// What connection state recovery stands on: a bounded log of broadcasts, each with a number, and a record of each
/// session, which outlives its connection for a while.
///
/// Numbers rise in the order of delivery: whoever was given number `n` of an epoch has been given all lower ones that
/// concern it. A log that cannot keep that says so by calling `SocketServer.forceRecovery`.
///
/// One log serves all namespaces of a server.
@Loop public protocol RecoveryLog: AnyObject {
    /// Before any namespace is opened.
    func attach(to server: SocketServer)
    /// Up to here everything logged has been delivered to this node's sockets. nil while nothing can be promised:
    /// sockets that connect meanwhile get no `pid`.
    var position: RecoveryOffset? { get }
    /// Numbers the packet, keeps it and delivers it on every node, this one included, perhaps later. False when it does
    /// not take it: the caller then broadcasts it at most once.
    func publish(_ packet: BroadcastPacket, in namespace: Namespace) -> Bool

    /// Returns when what was published before outlives this node; throws when it does not, and sockets everywhere are told.
    func confirmPublished() async throws(AdapterError)

    /// The session is connected, for the first time or again.
    func opened(_ session: RecoverySession)
    func joined(_ room: String, _ session: RecoverySession)
    func left(_ room: String, _ session: RecoverySession)
    /// Returns when the session's rooms are kept where they outlive this node; throws when they cannot be just now.
    func confirm(_ session: RecoverySession) async throws(AdapterError)
    /// The session's connection is gone. `isRecoverable`: its client may come back for it.
    func ended(_ session: RecoverySession, isRecoverable: Bool)

    /// Takes the session from whoever has it, closing a connection that still stands. Throws where a fresh session is
    /// due. Of several that ask at the same time one gets it. What is claimed is `opened` or `ended` soon.
    ///
    /// `isWanted`: whether the client still waits; asked now and then.
    func claim(
        _ pid: String, offset: RecoveryOffset?, in namespace: Namespace, while isWanted: @escaping @Loop () -> Bool
    ) async throws(RecoveryRefusal) -> RecoverySession
    /// Every packet past `session.delivered` that its rooms may have got, in order, and perhaps some that do not concern
    /// it. Called when everything that is published from now on reaches this node. Throws when it cannot be whole.
    func missed(by session: RecoverySession) async throws(RecoveryRefusal) -> [LoggedPacket]
}

extension RecoveryLog {
    // For a log that ends with the node.

    public func confirmPublished() async throws(AdapterError) {}
    public func confirm(_ session: RecoverySession) async throws(AdapterError) {}
}
