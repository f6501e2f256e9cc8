public import Domain
public import EventLoop

/// What a short claim on an order came to (see `OrderLocking`).
public enum OrderLockAnswer: Sendable, Equatable {
    /// PostgreSQL may be asked; others wait meanwhile. The claim is to be ended by `won` or `release`.
    case claimed
    /// Somebody else is being decided upon; PostgreSQL may be asked all the same.
    case busy
    /// There is no lock to be had: PostgreSQL decides alone.
    case absent
    /// Proof that somebody else won the order at this version, which is newer than the offer asked about.
    case lost(version: Int)
}

/// Keeps the stampede of acceptors off an order's row. It may say nothing at all, and never decides who wins.
@Loop
public protocol OrderLocking: AnyObject {
    /// Claims the order for a moment, waiting a little while somebody else has it. Bounded by about a quarter of a second.
    ///
    /// - Parameter offerVersion: the order's version on the driver's newest offer; nil where it is not known here, and
    ///   then the answer is never `lost`.
    func claim(order: UUID16, driver: UUID16, offerVersion: Int?) async -> OrderLockAnswer
    /// After the commit: leaves the proof behind and ends the claim. Never waits.
    func won(order: UUID16, version: Int, driver: UUID16)
    /// Ends a claim whose owner did not win. Never waits.
    func release(order: UUID16, driver: UUID16)
}
