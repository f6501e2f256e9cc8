/// A numbered file of the schema.
struct MigrationFile: Sendable {
    let number: Int
    let name: String
    let sql: [UInt8]

    /// In order. A file that has been released is never edited: what it did stands in databases.
    static let all = [
        MigrationFile(number: 1, name: "foundation", sql: PackageResources.migration_0001_foundation_sql),
        MigrationFile(number: 2, name: "session_ends", sql: PackageResources.migration_0002_session_ends_sql),
        MigrationFile(number: 3, name: "job_lines", sql: PackageResources.migration_0003_job_lines_sql),
    ]
}
