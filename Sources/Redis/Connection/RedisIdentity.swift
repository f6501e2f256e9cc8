/// Which Redis answers, as learnt at each handshake. Another value means that keys and scripts may be gone.
public struct RedisIdentity: Sendable, Equatable {
    /// `run_id`: changes with each start of the process.
    public let runID: String
    /// `master_replid`: changes on restart and on promotion.
    public let replicationID: String
    /// `redis_version`.
    public let version: String
}
