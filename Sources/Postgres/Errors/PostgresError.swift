/// What went wrong with a statement, a connection or a setting.
///
/// `description` names kinds, states and constraints alone, so that it may be logged; `message` and `detail` are the
/// server's words, which can repeat values of rows.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure, by what the caller can do about them.
    public enum Kind: Sendable, Equatable {
        /// No connection; the statement never reached the server, or was refused by one that is shutting down or
        /// read-only. Trying again later is safe.
        case unavailable
        /// The queue of waiting statements is full; never sent.
        case overloaded
        /// The deadline passed. `mayHaveTakenEffect` tells whether the statement had been sent.
        case timedOut
        /// The connection was lost after the statement was sent: read again before answering.
        case outcomeUnknown
        /// The server refused the statement; `state` tells why and nothing of it took effect.
        case sql
        /// A parameter cannot be sent: NUL in text, too many or too large parameters.
        case invalidParameter
        /// A result does not hold what was asked of it: no such column, NULL, another type.
        case decoding
        /// A setting makes no sense; the message names it.
        case configuration
    }

    /// What to do about it.
    public let kind: Kind
    /// The SQLSTATE (five characters), empty when the failure did not come from a server.
    public let state: String
    /// The server's or the driver's message; may repeat values.
    public let message: String
    /// The server's DETAIL, empty when none; often repeats values.
    public let detail: String
    /// The server's HINT, empty when none.
    public let hint: String
    /// The violated constraint's name, empty when none.
    public let constraint: String
    /// The statement's name, empty when none was involved.
    public let statement: String
    /// Whether the statement may have been committed all the same.
    public let mayHaveTakenEffect: Bool

    init(
        _ kind: Kind, _ message: String, state: String = "", detail: String = "", hint: String = "",
        constraint: String = "", statement: String = "", mayHaveTakenEffect: Bool = false
    ) {
        self.kind = kind
        self.state = state
        self.message = message
        self.detail = detail
        self.hint = hint
        self.constraint = constraint
        self.statement = statement
        self.mayHaveTakenEffect = mayHaveTakenEffect
    }

    /// Whether the server refused it because of the named constraint.
    public func violates(_ name: String) -> Bool { kind == .sql && constraint == name }

    /// The same failure with the statement's name.
    func naming(_ statement: String) -> PostgresError {
        PostgresError(
            kind, message, state: state, detail: detail, hint: hint, constraint: constraint, statement: statement,
            mayHaveTakenEffect: mayHaveTakenEffect)
    }

    public var description: String {
        var text = "PostgreSQL: \(kind)"
        if !state.isEmpty { text += " \(state)" }
        if !constraint.isEmpty { text += " constraint \(constraint)" }
        if !statement.isEmpty { text += " in \(statement)" }
        // The driver's own messages hold no values; the server's may.
        if kind != .sql, state.isEmpty { text += ": \(message)" }
        return text
    }
}
