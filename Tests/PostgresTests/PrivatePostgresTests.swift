import TestSupport
import Testing

struct PrivatePostgresTests {
    @Test func `a database is made as a copy of the template with PostGIS`() throws {
        let server = PrivatePostgres.shared
        let name = try server.makeDatabase()
        #expect(try server.sql("SELECT postgis_lib_version()", database: name).hasPrefix("3."))
        try server.dropDatabase(name)
    }
}
