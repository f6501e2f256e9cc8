import Domain
import EventLoop
import Glibc
import Postgres
import Store

/// Asks `Store` for the nearest free drivers, again and again from several tasks at once, and prints what it counted.
///
/// `store-bench migrate` makes the schema; `store-bench nearest` asks. The environment: where the database is, as a node
/// reads it; `CLIENTS` at once, over `CONNECTIONS`, for `SECONDS`.
@Loop
enum StoreBench {
    /// A city's box, as the benchmark fills it with drivers: degrees.
    private static let south = 48.80
    private static let west = 2.25
    private static let height = 0.10
    private static let width = 0.20
    private static let radiusMeters = 8000.0
    private static let limit = 10
    private static let silentSeconds = 3600.0

    nonisolated static func main() {
        let mode = CommandLine.arguments.dropFirst().first ?? ""
        let status = Loop.run { () -> Int32 in
            do {
                try await run(mode)
                return 0
            } catch {
                put(STDERR_FILENO, "\(error)")
                return 1
            }
        }
        exit(status)
    }

    private static func run(_ mode: String) async throws {
        var configuration = try PostgresConfiguration(environment: environment())
        configuration.connections = number("CONNECTIONS", 4)
        let pool = PostgresPool(configuration)
        let store = Store(pool)
        pool.start()
        switch mode {
        case "migrate": try await store.migrate()
        case "nearest": try await nearest(store)
        default: put(STDERR_FILENO, "usage: store-bench migrate|nearest")
        }
        await pool.stop()
    }

    private static func nearest(_ store: Store) async throws {
        let clients = number("CLIENTS", 4)
        // Connections are made and the statement prepared before the clock runs.
        for _ in 0..<clients * 4 { _ = try await ask(store) }
        let timing = SystemTiming.shared
        let began = timing.now
        let end = began + .seconds(number("SECONDS", 5))
        var asked = 0
        var found = 0
        var problem: StoreError?
        var running = clients
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for _ in 0..<clients {
                Loop.start {
                    do throws(StoreError) {
                        while timing.now < end {
                            found += try await ask(store)
                            asked += 1
                        }
                    } catch {
                        problem = error
                    }
                    running -= 1
                    if running == 0 { done.resume() }
                }
            }
        }
        if let problem { throw problem }
        let seconds = (timing.now - began) / .seconds(1)
        put(STDOUT_FILENO, "{\"asked\":\(asked),\"found\":\(found),\"seconds\":\(seconds)}")
    }

    private static func ask(_ store: Store) async throws(StoreError) -> Int {
        guard
            let place = Coordinate(
                latitude: south + Double.random(in: 0..<height), longitude: west + Double.random(in: 0..<width))
        else { return 0 }
        return try await store.nearestFreeDrivers(
            place, radiusMeters: radiusMeters, limit: limit, silentSeconds: silentSeconds
        ).count
    }

    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        for name in ["DB_HOST", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_NAME", "DATABASE_URL"] {
            if let value = getenv(name) { values[name] = String(cString: value) }
        }
        return values
    }

    private static func number(_ name: String, _ fallback: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? fallback
    }

    private static func put(_ descriptor: Int32, _ text: String) {
        _ = (text + "\n").withCString { write(descriptor, $0, strlen($0)) }
    }
}
