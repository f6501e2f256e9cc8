import Domain
import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Store

struct MigrationTests {
    static let first = MigrationFile(number: 1, name: "first", sql: Array("CREATE TABLE a (id int);".utf8))
    static let second = MigrationFile(number: 2, name: "second", sql: Array("CREATE TABLE b (id int);".utf8))
    static let function = Array("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';".utf8)

    static func withDatabase(
        _ body: @escaping @Loop @Sendable (Store, _ database: String) async throws -> Void
    ) async throws {
        let database = try PrivatePostgres.shared.makeDatabase()
        try await onLoop { try await body(Store(PostgresPool(try configuration(of: database))), database) }
        try PrivatePostgres.shared.dropDatabase(database)
    }

    @Loop
    static func migrate(
        _ store: Store, _ files: [MigrationFile], functions: [[UInt8]] = [function], revision: Int = 1
    ) async -> StoreError? {
        do throws(StoreError) {
            try await store.migrate(files, functions: FunctionSet(revision: revision, files: functions))
            return nil
        } catch {
            return error
        }
    }

    @Test func `nodes that start together migrate once`() async throws {
        try await Self.withDatabase { store, database in
            let tasks = (0..<4).map { _ in begin { try await store.migrate() } }
            for task in tasks { try await task.value }
            let count = try PrivatePostgres.shared.sql("SELECT count(*) FROM schema_migrations", database: database)
            #expect(count == String(MigrationFile.all.count + 1))
        }
    }

    @Test func `each file is applied once, and what is new is added`() async throws {
        try await Self.withDatabase { store, database in
            #expect(await Self.migrate(store, [Self.first]) == nil)
            #expect(await Self.migrate(store, [Self.first]) == nil)
            #expect(await Self.migrate(store, [Self.first, Self.second]) == nil)
            let tables = try PrivatePostgres.shared.sql(
                "SELECT to_regclass('a'), to_regclass('b')", database: database)
            #expect(tables == "a|b")
        }
    }

    @Test func `an edited file and an unknown one stop the start, and say which`() async throws {
        try await Self.withDatabase { store, _ in
            #expect(await Self.migrate(store, [Self.first, Self.second]) == nil)
            let edited = MigrationFile(number: 2, name: "second", sql: Array("CREATE TABLE c (id int);".utf8))
            let error = await Self.migrate(store, [Self.first, edited])
            #expect(error?.kind == .migration)
            #expect(error?.detail.contains("0002_second") == true)
            #expect(await Self.migrate(store, [Self.first])?.detail.contains("migration 2") == true)
        }
    }

    @Test func `a file that fails leaves nothing behind and can be put right`() async throws {
        try await Self.withDatabase { store, database in
            let broken = MigrationFile(
                number: 2, name: "second", sql: Array("CREATE TABLE b (id int); SELECT 1 / 0;".utf8))
            let error = await Self.migrate(store, [Self.first, broken])
            #expect(error?.detail.contains("division by zero") == true)
            let left = try PrivatePostgres.shared.sql("SELECT to_regclass('b')", database: database)
            #expect(left == "")
            #expect(await Self.migrate(store, [Self.first, Self.second]) == nil)
        }
    }

    @Test func `a build of before leaves the functions of a later one, also when it starts again`() async throws {
        try await Self.withDatabase { store, database in
            func answer() throws -> String { try PrivatePostgres.shared.sql("SELECT f()", database: database) }
            let later = [Array("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';".utf8)]
            #expect(await Self.migrate(store, [Self.first]) == nil)
            #expect(await Self.migrate(store, [Self.first], functions: later, revision: 2) == nil)
            #expect(try answer() == "2")
            #expect(await Self.migrate(store, [Self.first]) == nil)
            #expect(try answer() == "2")
            // One of before there were revisions put its own there: the next start of a later one mends it.
            _ = try PrivatePostgres.shared.sql(
                "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 3';"
                    + "UPDATE schema_migrations SET checksum = 'x' WHERE number = 0",
                database: database)
            #expect(await Self.migrate(store, [Self.first], functions: later, revision: 2) == nil)
            #expect(try answer() == "2")
        }
    }

    @Test func `a database of before there were revisions gets one`() async throws {
        try await Self.withDatabase { store, database in
            #expect(await Self.migrate(store, [Self.first]) == nil)
            _ = try PrivatePostgres.shared.sql("ALTER TABLE schema_migrations DROP COLUMN revision", database: database)
            #expect(await Self.migrate(store, [Self.first], revision: 4) == nil)
            let revision = try PrivatePostgres.shared.sql(
                "SELECT revision FROM schema_migrations WHERE number = 0", database: database)
            #expect(revision == "4")
        }
    }

    /// Whoever changes a function raises `FunctionSet.revision`, and writes both here anew.
    @Test func `the functions are those of their revision`() {
        #expect(FunctionSet.current.revision == 4)
        #expect(FunctionSet.current.checksum == "cbc9311ce41afff9")
    }

    @Test func `changed functions are made anew, those that are gone go, and PostGIS stays`() async throws {
        try await Self.withDatabase { store, database in
            func ask(_ sql: String) throws -> String { try PrivatePostgres.shared.sql(sql, database: database) }
            #expect(await Self.migrate(store, [Self.first]) == nil)
            #expect(try ask("SELECT f()") == "1")
            let next = Array("CREATE FUNCTION g(x text) RETURNS text LANGUAGE sql AS 'SELECT x';".utf8)
            #expect(await Self.migrate(store, [Self.first], functions: [next]) == nil)
            #expect(try ask("SELECT g('x')") == "x")
            #expect(try ask("SELECT count(*) FROM pg_proc WHERE proname = 'f'") == "0")
            #expect(try ask("SELECT ST_X(ST_MakePoint(1, 2))") == "1")
            // What this build ships is made anew over itself.
            _ = try ask("DROP TABLE a; DELETE FROM schema_migrations")
            try await store.migrate()
            _ = try ask("UPDATE schema_migrations SET checksum = 'x' WHERE number = 0")
            try await store.migrate()
            #expect(try ask("SELECT count(*) FROM feed('1')") == "1")
        }
    }
}
