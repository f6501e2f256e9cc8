import Postgres
import Testing

struct ConfigurationTests {
    @Test func `a URL names user, password, host, port and database`() throws {
        let read = try PostgresConfiguration(url: "postgres://ann:p%40ss%3Aword@db.example:6543/orders?sslmode=require")
        #expect(read.user == "ann")
        #expect(read.password == "p@ss:word")
        #expect(read.host == "db.example")
        #expect(read.port == 6543)
        #expect(read.database == "orders")
        #expect(read.encryption == .require)
    }

    @Test(arguments: ["postgres:///orders?host=/run/pg&user=ann", "postgresql://ann@%2Frun%2Fpg/orders"])
    func `a socket directory is a setting or the encoded host`(url: String) throws {
        let read = try PostgresConfiguration(url: url)
        #expect(read.host == "/run/pg")
        #expect(read.user == "ann")
        #expect(read.database == "orders")
        #expect(read.port == 5432)
    }

    @Test func `an IPv6 address stands in brackets`() throws {
        let read = try PostgresConfiguration(url: "postgres://[::1]:5433/orders")
        #expect(read.host == "::1")
        #expect(read.port == 5433)
    }

    @Test(arguments: [
        "mysql://localhost/x", "postgres://host:port/x", "postgres://host:0/x", "postgres://host:65536/x",
        "postgres://ho%zzst/x", "postgres://host/x?sslmode=maybe", "postgres://host/x?colour=red",
        "postgres://[::1/x", "postgres://host/%00",
    ])
    func `a senseless URL is refused`(url: String) {
        #expect { try PostgresConfiguration(url: url) } throws: { ($0 as? PostgresError)?.kind == .configuration }
    }

    @Test func `the environment's URL comes before its single settings`() throws {
        let read = try PostgresConfiguration(environment: [
            "DATABASE_URL": "postgres://h1/d1", "DB_HOST": "h2", "DB_NAME": "d2",
        ])
        #expect(read.host == "h1")
        #expect(read.database == "d1")
    }

    @Test func `single settings are read, and empty ones are absent`() throws {
        let read = try PostgresConfiguration(environment: [
            "DATABASE_URL": "", "DB_HOST": "/run/pg", "DB_PORT": "6000", "DB_USERNAME": "ann", "DB_PASSWORD": "secret",
            "DB_NAME": "orders",
        ])
        #expect(read.host == "/run/pg")
        #expect(read.port == 6000)
        #expect(read.user == "ann")
        #expect(read.password == "secret")
        #expect(read.database == "orders")
        #expect(!"\(read)".contains("secret"))
    }

    @Test func `a senseless port is named`() {
        #expect { try PostgresConfiguration(environment: ["DB_PORT": "many"]) } throws: {
            ($0 as? PostgresError)?.message.contains("DB_PORT") == true
        }
    }
}
