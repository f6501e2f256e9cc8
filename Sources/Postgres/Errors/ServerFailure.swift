import CLibpq

/// An error report of the server, as read from a result.
struct ServerFailure {
    let state: String
    let message: String
    private let detail: String
    private let hint: String
    private let constraint: String
    /// The function of the server's source that reported it.
    private let function: String

    init(_ result: OpaquePointer) {
        func field(_ code: Character) -> String {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
        }
        // The fields' codes: protocol, "Error and Notice Message Fields".
        state = field("C")
        message = field("M")
        detail = field("D")
        hint = field("H")
        constraint = field("n")
        function = field("R")
    }

    /// The statement is not prepared on this connection (`DISCARD ALL`, or the preparation before it failed).
    var isUnknownStatement: Bool { state == "26000" }

    /// The prepared statement's result has another shape since the schema changed.
    var isStalePlan: Bool { state == "0A000" && function == "RevalidateCachedQuery" }

    /// Cancelled, by a cancel request or the server's statement timeout.
    var isCancelled: Bool { state == "57014" }

    /// This server is no use any more, and nothing of the statement took effect: shutting down, crashed, starting,
    /// read-only since it is no longer the primary.
    var meansServerGone: Bool { ["25006", "57P01", "57P02", "57P03"].contains(state) }

    func error(statement: String) -> PostgresError {
        PostgresError(
            meansServerGone ? .unavailable : .sql, message, state: state, detail: detail, hint: hint,
            constraint: constraint, statement: statement)
    }
}
