import EventLoop
import Glibc
import Postgres
import TestSupport
import Testing

/// A database of its own on the shared server, made once and used by all tests that leave nothing behind.
let sharedDatabase: String = {
    do {
        return try PrivatePostgres.shared.makeDatabase(from: "template1")
    } catch {
        // Nothing can be tested without it.
        fatalError("no database: \(error)")
    }
}()

func configuration(
    of server: PrivatePostgres = .shared, database: String? = nil, connections: Int = 1
) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: server.url(database: database ?? sharedDatabase))
    configuration.connections = connections
    return configuration
}

/// Runs the body on the loop with a started pool, which is stopped after.
func withPool<T: Sendable>(
    _ configuration: PostgresConfiguration, timing: (@Loop @Sendable () -> any Timing)? = nil,
    _ body: @escaping @Loop @Sendable (PostgresPool) async throws -> T
) async throws -> T {
    try await onLoop {
        let pool = PostgresPool(configuration, timing: timing?() ?? SystemTiming.shared)
        pool.start()
        do {
            let value = try await body(pool)
            await pool.stop()
            return value
        } catch {
            await pool.stop()
            throw error
        }
    }
}

/// The error that a body throws, which must be the driver's.
@Loop
func failure(_ body: @Loop () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Starts work on the loop, which runs at once up to its first suspension.
@Loop
func begin<T: Sendable>(_ body: @escaping @Loop () async throws -> T) -> Begun<T> { Begun(body) }

/// Work that was begun and can be waited for.
@Loop
final class Begun<T: Sendable> {
    private var result: Result<T, any Error>?
    private let end = Occurrences()

    init(_ body: @escaping @Loop () async throws -> T) {
        Loop.start {
            do {
                self.result = .success(try await body())
            } catch {
                self.result = .failure(error)
            }
            self.end.note()
        }
    }

    var value: T {
        get async throws {
            await end.reach(1)
            // `end` is noted right after the result is set.
            return try result!.get()
        }
    }
}
