/// Which sockets get connection state recovery. Those that do are sent an offset behind the arguments of every
/// recoverable event, which only the official JavaScript client expects.
public enum RecoveryMode: Sendable {
    /// Those whose CONNECT says `{"recovery":true}` or brings a session's `pid`.
    case onRequest
    case always
}
