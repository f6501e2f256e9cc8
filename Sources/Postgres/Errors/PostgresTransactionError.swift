/// A transaction whose end failed too: neither failure hides the other.
public struct PostgresTransactionError: Error, Sendable, CustomStringConvertible {
    /// What the transaction's body threw.
    public let cause: any Error
    /// Why the rollback failed. The server rolls back by itself once the connection, which is closed, is gone.
    public let rollback: PostgresError

    public var description: String { "\(cause); then the rollback failed: \(rollback)" }
}
