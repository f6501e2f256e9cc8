import EventLoop

/// A statement prepared on one connection.
@Loop
final class PreparedStatement {
    /// The name on the server: the statement's, and from the second time on a number behind it.
    let serverName: String
    let sql: String
    /// The parameters' types; empty until the server has described the statement.
    var types: [TypeIdentifier] = []
    /// Why the server refused to prepare it. Executions that were sent right behind only learn that it is missing.
    var failure: ServerFailure?

    init(_ statement: PostgresStatement, generation: Int) {
        serverName = generation == 0 ? statement.name : "\(statement.name)#\(generation)"
        sql = statement.sql
    }
}
