/// What is dropped and made anew as a whole: functions, views and the types of their rows, in order of dependence.
struct FunctionSet: Sendable {
    /// Raised with every change of a file, so that a build of before, when it starts again during a rollout, leaves what a
    /// later one has put there. Two builds of one revision take turns, as in development.
    let revision: Int
    let files: [[UInt8]]

    var checksum: String { Checksum.of(files) }

    static let current = FunctionSet(
        revision: 4,
        files: [
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
        ])
}
