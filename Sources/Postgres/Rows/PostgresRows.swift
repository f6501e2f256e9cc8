import CLibpq

/// What a statement returned: its rows, in the server's binary form until they are read.
public struct PostgresRows: Sendable, RandomAccessCollection {
    private let owner: ResultOwner

    init(_ owner: ResultOwner) { self.owner = owner }

    public var startIndex: Int { 0 }
    public var endIndex: Int { Int(owner.rowCount) }

    public subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < Int(owner.rowCount), "row index out of range")
        return PostgresRow(owner: owner, row: Int32(index))
    }

    /// Rows that an INSERT, UPDATE, DELETE or SELECT touched; 0 for other statements.
    public var affected: Int { Int(String(cString: PQcmdTuples(owner.pointer))) ?? 0 }

    /// What the server says it did: `INSERT 0 1`, `COMMIT`, ….
    public var commandTag: String { String(cString: PQcmdStatus(owner.pointer)) }

    /// The columns' names, in order.
    public var columns: [String] { (0..<owner.columnCount).map { String(cString: PQfname(owner.pointer, $0)) } }
}
