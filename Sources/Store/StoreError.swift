public import Postgres

/// Why the database could not be asked, or did not answer.
///
/// `description` bears no values of rows and may be logged.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// By what the caller can do about it.
    public enum Kind: Sendable, Equatable {
        /// No connection, or too much waits already: nothing was changed, 503 with `Retry-After`.
        case unavailable
        /// No answer in time; see `mayHaveTakenEffect`.
        case timedOut
        /// The connection was lost after the statement was sent: read again before answering.
        case outcomeUnknown
        /// The caller's value cannot be stored (NUL in a text, a number out of range), which its own checks let pass.
        case invalidInput
        /// A cursor that no page of ours ended with: 422.
        case invalidCursor
        /// A migration failed, or was changed after it had been applied: the node must not start.
        case migration
        /// A statement failed or its result could not be read: a fault of ours.
        case failed
    }

    public let kind: Kind
    /// Whether the change may have been committed all the same.
    public let mayHaveTakenEffect: Bool
    /// What the driver said, when it did.
    public let cause: PostgresError?
    /// For `migration`: which, and why.
    public let detail: String

    init(_ kind: Kind, _ detail: String = "", cause: PostgresError? = nil) {
        self.kind = kind
        self.detail = detail
        self.cause = cause
        mayHaveTakenEffect = cause?.mayHaveTakenEffect ?? false
    }

    init(_ cause: PostgresError) {
        let kind: Kind =
            switch cause.kind {
            case .unavailable, .overloaded: .unavailable
            case .timedOut: .timedOut
            case .outcomeUnknown: .outcomeUnknown
            case .invalidParameter: .invalidInput
            // Class 22 is "data exception": the value, not the statement, is at fault.
            case .sql where cause.state.hasPrefix("22"): .invalidInput
            // Cancelled by the server's own limit, or out of its resources (class 53).
            case .sql where cause.state == "57014" || cause.state.hasPrefix("53"): .unavailable
            default: .failed
            }
        self.init(kind, cause: cause)
    }

    /// Deadlock, serialization failure, or stock that somebody began to count between two statements: nothing was
    /// changed, and another try sees another state.
    static func isLostRace(_ error: PostgresError) -> Bool {
        error.state == "40P01" || error.state == "40001" || error.violates("products_stock_check")
    }

    public var description: String {
        var text = "store: \(kind)"
        if !detail.isEmpty { text += ": \(detail)" }
        if let cause { text += " (\(cause))" }
        return text
    }
}
