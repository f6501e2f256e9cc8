import Postgres

extension PostgresStatement {
    /// A call of a function of ours that returns rows; it goes under the function's name.
    static func rows(_ function: String, _ parameters: Int) -> PostgresStatement {
        PostgresStatement(function, "SELECT * FROM \(function)(\(placeholders(parameters)))")
    }

    /// A call of a function of ours that returns one value, as column `json`.
    static func value(_ function: String, _ parameters: Int) -> PostgresStatement {
        PostgresStatement(function, "SELECT \(function)(\(placeholders(parameters))) AS json")
    }

    /// A statement in a file of its own.
    static func file(_ name: String, _ text: [UInt8]) -> PostgresStatement {
        PostgresStatement(name, String(decoding: text, as: UTF8.self))
    }

    private static func placeholders(_ count: Int) -> String {
        guard count > 0 else { return "" }
        return (1...count).map { "$\($0)" }.joined(separator: ", ")
    }
}
