/// Counts since the start.
public struct RecoveryStatistics: Sendable, Equatable {
    /// Broadcasts numbered, kept and published.
    public internal(set) var logged: UInt64 = 0
    /// Batches of broadcasts that were sent to Redis once more.
    public internal(set) var retried: UInt64 = 0
    /// Broadcasts given up because Redis was away for too long, or too many waited.
    public internal(set) var givenUp: UInt64 = 0
    /// Pages of the log read.
    public internal(set) var reads: UInt64 = 0
    /// Times the log was read after a break.
    public internal(set) var catchUps: UInt64 = 0
    /// Broadcasts delivered from the log after a break.
    public internal(set) var caughtUp: UInt64 = 0
    /// Times that the log was found to live another life than before.
    public internal(set) var lives: UInt64 = 0
    /// Times that all sessions here ended because this node could not be sure of what they were sent.
    public internal(set) var losses: UInt64 = 0
    /// Sessions taken up here that had ended, on whatever node.
    public internal(set) var claims: UInt64 = 0
    /// Sessions taken from a node that did not close their connection itself: it is dead, paused or cut off.
    public internal(set) var forcedClaims: UInt64 = 0
    /// Sessions asked for of which there is no record, or none that can be whole.
    public internal(set) var unclaimed: UInt64 = 0
    /// Connections closed because another node took their session.
    public internal(set) var released: UInt64 = 0

    public init() {}
}
