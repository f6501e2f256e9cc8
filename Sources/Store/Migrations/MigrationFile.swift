/// A numbered file of the schema.
struct MigrationFile: Sendable {
    let number: Int
    let name: String
    let sql: [UInt8]

    /// In order. A file that has been released is never edited: what it did stands in databases.
    static let all = [
        MigrationFile(number: 1, name: "foundation", sql: PackageResources.migration_0001_foundation_sql),
        MigrationFile(number: 2, name: "session_ends", sql: PackageResources.migration_0002_session_ends_sql),
    ]

    /// What is dropped and made anew as a whole: functions, views and the types of their rows, in order of dependence.
    static let functions: [[UInt8]] = [
        PackageResources.functions_010_json_sql,
        PackageResources.functions_015_places_sql,
        PackageResources.functions_020_events_sql,
        PackageResources.functions_030_orders_sql,
        PackageResources.functions_040_offers_sql,
        PackageResources.functions_050_drivers_sql,
        PackageResources.functions_060_matching_sql,
        PackageResources.functions_070_accounts_sql,
        PackageResources.functions_080_catalog_sql,
        PackageResources.functions_090_feed_sql,
        PackageResources.functions_100_jobs_sql,
    ]
}
