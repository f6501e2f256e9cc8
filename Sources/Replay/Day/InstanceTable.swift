/// One tab-separated file with a heading line: names of columns are compared without case, a blank being an underscore.
struct InstanceTable {
    struct Row {
        let line: Int
        let cells: [Substring]
        let table: InstanceTable

        func text(_ column: String) throws(ReplayError) -> String {
            guard let index = table.columns[column] else { throw table.problem("has no column \(column)") }
            guard index < cells.count, !cells[index].isEmpty else {
                throw table.problem("line \(line) has no \(column)")
            }
            return String(cells[index])
        }

        func number(_ column: String, in range: ClosedRange<Double>) throws(ReplayError) -> Double {
            let text = try text(column)
            guard let value = Double(text), value.isFinite else {
                throw table.problem("line \(line): \(column) is not a number: \(text)")
            }
            guard range.contains(value) else {
                throw table.problem("line \(line): \(column) is out of range: \(text)")
            }
            return value
        }
    }

    let file: String
    private(set) var rows: [Row] = []
    private let columns: [String: Int]

    init(file: String, text: String) throws(ReplayError) {
        self.file = file
        var columns: [String: Int]?
        var lines: [(Int, [Substring])] = []
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard !raw.allSatisfy(\.isWhitespace) else { continue }
            let cells = raw.split(separator: "\t", omittingEmptySubsequences: false).map(Self.trimmed)
            guard columns != nil else {
                var found: [String: Int] = [:]
                for (position, cell) in cells.enumerated() { found[Self.columnName(cell)] = position }
                columns = found
                continue
            }
            lines.append((index + 1, cells))
        }
        guard let columns else { throw .instance("\(file) is empty") }
        self.columns = columns
        let table = self
        rows = lines.map { Row(line: $0.0, cells: $0.1, table: table) }
    }

    func problem(_ text: String) -> ReplayError { .instance("\(file): \(text)") }

    private static func trimmed(_ cell: Substring) -> Substring {
        var cell = cell
        while cell.first?.isWhitespace == true { cell.removeFirst() }
        while cell.last?.isWhitespace == true { cell.removeLast() }
        return cell
    }

    private static func columnName(_ cell: Substring) -> String {
        String(cell.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }
}
