/// What matching has done on this node since the start.
public struct MatchingStatistics: Sendable, Equatable {
    /// Looks for due steps that the database answered.
    public internal(set) var sweeps: UInt64 = 0
    /// Steps carried out.
    public internal(set) var steps: UInt64 = 0
    /// Steps that came too late: the order had moved on, or the lease had.
    public internal(set) var stale: UInt64 = 0
    public internal(set) var offers: UInt64 = 0
    /// Orders that used up every try.
    public internal(set) var unassigned: UInt64 = 0
    /// Orders that were brought back to MATCHING.
    public internal(set) var reopened: UInt64 = 0
    /// Steps and sweeps that the database did not answer.
    public internal(set) var failures: UInt64 = 0
    /// Wake-ups dropped because too many waited; the sweep finds what they were about.
    public internal(set) var droppedWakes: UInt64 = 0
}
