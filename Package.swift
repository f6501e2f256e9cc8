// swift-tools-version: 6.3
import PackageDescription

/// Every Swift target is built with these. Warnings are errors; deprecations stay warnings, so that a newer
/// toolchain does not break a release that is already out.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
    // The release does without the checks at run time of what the compiler cannot prove: overlapping access and isolation.
    // Every test runs with them.
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-disable-dynamic-actor-isolation"], .when(configuration: .release)),
]

/// The pure targets: no unsafe construct at all.
let pure: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "lastmile",
    products: [
        .executable(name: "lastmile-node", targets: ["Node"]),
        .executable(name: "lastmile-replay", targets: ["Replay"]),
        .executable(name: "realtime-echo", targets: ["RealtimeEcho"]),
        .executable(name: "lastmile-load", targets: ["Load"]),
        .executable(name: "store-bench", targets: ["StoreBench"]),
        .executable(name: "lastmile-allocations", targets: ["Allocations"]),
    ],
    targets: [
        // C libraries: a module map and one header each, one Swift importer each.
        .systemLibrary(name: "CLibuv"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CLibpq"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CZlib"),
        .target(name: "CShims"),

        // Bytes and rules: no I/O, no clock.
        .target(name: "Wire", swiftSettings: pure),
        .target(name: "Domain", swiftSettings: pure),

        // The ground: loop, drivers, crypto, telemetry.
        .target(name: "EventLoop", dependencies: ["CLibuv", "CShims"], swiftSettings: house),
        .target(name: "Telemetry", dependencies: [], swiftSettings: house),
        .target(name: "Crypto", dependencies: ["COpenSSL"], swiftSettings: house),
        .target(name: "Postgres", dependencies: ["CLibpq", "EventLoop", "Telemetry"], swiftSettings: house),
        .target(name: "Redis", dependencies: ["CHiredis", "EventLoop", "Telemetry", "Crypto"], swiftSettings: house),

        // The realtime edge.
        .target(
            name: "Realtime", dependencies: ["CZlib", "Wire", "EventLoop", "Crypto", "Telemetry"],
            swiftSettings: house),

        // The system.
        .target(
            name: "Store", dependencies: ["Postgres", "EventLoop", "Domain", "Telemetry"],
            exclude: ["README.md"], resources: [.embedInCode("SQL")], swiftSettings: house),
        .target(
            name: "Services", dependencies: ["Store", "Domain", "Crypto", "Wire", "EventLoop", "Telemetry"],
            swiftSettings: house),
        .target(
            name: "Cluster", dependencies: ["Redis", "Realtime", "EventLoop", "Crypto", "Wire", "Telemetry"],
            resources: [.embedInCode("Lua")], swiftSettings: house),
        .executableTarget(
            name: "Node",
            dependencies: [
                "Services", "Store", "Cluster", "Realtime", "Redis", "Postgres", "EventLoop", "Wire", "Domain",
                "Crypto", "Telemetry",
            ], swiftSettings: house),
        .executableTarget(
            name: "Replay", dependencies: ["Wire", "EventLoop", "Domain", "Crypto"], swiftSettings: house),

        // Examples that are also what load generators are pointed at.
        .executableTarget(
            name: "RealtimeEcho", dependencies: ["Realtime", "Cluster", "Redis", "Crypto", "Wire", "EventLoop"],
            path: "Benchmarks/RealtimeEcho", exclude: ["README.md"], swiftSettings: house),

        // What measures: load over sockets, queries through Store, allocations per operation.
        .executableTarget(
            name: "Load", dependencies: ["Wire", "EventLoop"], path: "Benchmarks/Load", swiftSettings: house),
        .executableTarget(
            name: "StoreBench", dependencies: ["Store", "Postgres", "Domain", "EventLoop"],
            path: "Benchmarks/StoreBench", swiftSettings: house),
        .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
        .executableTarget(
            name: "Allocations", dependencies: ["AllocationCounter", "Realtime", "Wire", "EventLoop"],
            path: "Benchmarks/Allocations", exclude: ["limits.json"], swiftSettings: house),

        // Tests: one folder a target. TestSupport starts private PostgreSQL and Redis servers and holds the manual clock.
        .target(
            name: "TestSupport", dependencies: ["EventLoop"], path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: house),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: house),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "TestSupport"], swiftSettings: house),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: house),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto"], swiftSettings: house),
        .testTarget(
            name: "PostgresTests", dependencies: ["Postgres", "EventLoop", "TestSupport"], swiftSettings: house),
        .testTarget(name: "RedisTests", dependencies: ["Redis", "EventLoop", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "RealtimeTests", dependencies: ["Realtime", "Wire", "EventLoop", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "Postgres", "Domain", "EventLoop", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ServicesTests",
            dependencies: [
                "Services", "Store", "Postgres", "Domain", "Wire", "EventLoop", "Crypto", "Telemetry", "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "ReplayTests", dependencies: ["Replay", "Domain", "Realtime", "EventLoop", "Wire", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ClusterTests",
            dependencies: ["Cluster", "Redis", "Realtime", "Wire", "EventLoop", "Telemetry", "TestSupport"],
            swiftSettings: house),
    ]
)
