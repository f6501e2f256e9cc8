/// A named statement with parameters `$1`, `$2`, …; each connection prepares it at its first use.
///
/// The name must be the text's alone for the life of the process and, being sent to the server, at most 55 bytes.
public struct PostgresStatement: Sendable {
    /// What the server and the metrics call it.
    public let name: String
    /// One SQL statement.
    public let sql: String

    /// A statement by name and text.
    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}
