/// What became of drivers' answers on this node since the start.
public struct OfferStatistics: Sendable, Equatable {
    public internal(set) var accepted: UInt64 = 0
    /// Refused by PostgreSQL.
    public internal(set) var refused: UInt64 = 0
    /// Refused on the order lock's proof alone.
    public internal(set) var refusedByLock: UInt64 = 0
    public internal(set) var rejected: UInt64 = 0
    public internal(set) var released: UInt64 = 0
    /// Accepts whose outcome had to be read again.
    public internal(set) var unknownOutcomes: UInt64 = 0
}
