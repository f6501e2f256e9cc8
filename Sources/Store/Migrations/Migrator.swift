import EventLoop
import Postgres

/// Brings the database to this build's schema: one node at a time, each step in one transaction with its record.
///
/// A step that fails leaves the schema as it was before it. A node that dies in between lets go of the lock with its
/// session, and the next goes on from there.
@Loop
struct Migrator {
    /// The lock that nodes which start together take in turn; the two-key space keeps it apart from other advisory locks.
    private static let lock = "7301, 1"
    /// A migration may rewrite a large table.
    private static let timeout: Duration = .seconds(300)

    let session: PostgresSession
    let migrations: [MigrationFile]
    let functions: FunctionSet

    /// Applies what is missing. Throws `StoreError` of kind `.migration` when an applied file has changed, a file is
    /// missing, or a step fails.
    func run() async throws {
        _ = try await session.query("SELECT pg_advisory_lock(\(Self.lock))", timeout: Self.timeout)
        try await session.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
            );
            ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS revision integer NOT NULL DEFAULT 0;
            """, timeout: Self.timeout)
        let applied = try await appliedFiles()
        var hasNew = false
        for file in migrations {
            let checksum = Checksum.of([file.sql])
            if let known = applied[file.number] {
                guard known.checksum == checksum else {
                    throw StoreError(
                        .migration, "\(file.label) was applied in another form; a released migration must not be edited"
                    )
                }
            } else {
                hasNew = true
                try await apply(file.sql, number: file.number, name: file.name, checksum: checksum, label: file.label)
            }
        }
        if let foreign = applied.keys.first(where: { number in
            number != Self.functionsNumber && !migrations.contains { $0.number == number }
        }) {
            throw StoreError(.migration, "the database has migration \(foreign), which this build does not know")
        }
        let checksum = functions.checksum
        let known = applied[Self.functionsNumber]
        // A later build's serve this one too: its nodes and this one's run side by side during a rollout.
        if let known, known.revision > functions.revision { return }
        if hasNew || known?.checksum != checksum || known?.revision != functions.revision {
            let sql = [PackageResources.drop_functions_sql] + functions.files
            try await apply(
                Array(sql.joined(separator: [UInt8(ascii: "\n")])), number: Self.functionsNumber, name: "functions",
                checksum: checksum, revision: functions.revision, label: "the functions")
        }
    }

    /// The row that bears the checksum of all functions.
    private static let functionsNumber = 0

    private typealias Applied = (checksum: String, revision: Int)

    private func appliedFiles() async throws -> [Int: Applied] {
        let rows = try await session.query(
            "SELECT number, checksum, revision FROM schema_migrations", timeout: Self.timeout)
        var applied: [Int: Applied] = [:]
        for row in rows {
            applied[Int(try row.int("number"))] = (try row.text("checksum"), Int(try row.int("revision")))
        }
        return applied
    }

    private func apply(
        _ sql: [UInt8], number: Int, name: String, checksum: String, revision: Int = 0, label: String
    ) async throws {
        let record = """
            INSERT INTO schema_migrations (number, name, checksum, revision)
            VALUES (\(number), '\(name)', '\(checksum)', \(revision))
            ON CONFLICT (number) DO UPDATE SET checksum = excluded.checksum, revision = excluded.revision,
                applied_at = clock_timestamp();
            """
        let text = "BEGIN;\n" + String(decoding: sql, as: UTF8.self) + "\n" + record + "\nCOMMIT;"
        do throws(PostgresError) {
            try await session.script(text, timeout: Self.timeout)
        } catch {
            // The server's message is about the schema, not about rows, and whoever starts the node needs it.
            throw StoreError(.migration, "\(label): \(error.message)", cause: error)
        }
    }
}

extension MigrationFile {
    /// As it is called in messages.
    var label: String {
        let digits = String(number)
        return "migration \(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)_\(name)"
    }
}
