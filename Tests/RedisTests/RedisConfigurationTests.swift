import Testing

@testable import Redis

@Suite struct RedisConfigurationTests {
    @Test func `a TCP URL may have everything or only a host`() throws {
        let full = try RedisConfiguration(url: "redis://app:p%40ss:w%2Frd@cache.internal:7000/3")
        #expect(full.address == .tcp(host: "cache.internal", port: 7000))
        #expect(full.username == "app")
        #expect(full.password == "p@ss:w/rd")
        #expect(full.database == 3)
        let bare = try RedisConfiguration(url: "redis://127.0.0.1")
        #expect(bare.address == .tcp(host: "127.0.0.1", port: 6379))
        #expect(bare.username == nil && bare.password == nil && bare.database == 0)
        #expect(try RedisConfiguration(url: "redis://[::1]:1/").address == .tcp(host: "::1", port: 1))
        let secret = try RedisConfiguration(url: "redis://:secret@localhost")
        #expect(secret.username == nil && secret.password == "secret")
    }

    @Test func `a socket URL may name a database`() throws {
        let plain = try RedisConfiguration(url: "unix:///run/redis/redis.sock")
        #expect(plain.address == .unix(path: "/run/redis/redis.sock"))
        let full = try RedisConfiguration(url: "unix://:s@/tmp/a@b.sock?db=2")
        #expect(full.address == .unix(path: "/tmp/a@b.sock"))
        #expect(full.password == "s" && full.database == 2)
    }

    @Test(arguments: [
        "localhost:6379", "http://localhost", "redis://", "redis://host:0", "redis://host:65536", "redis://host:x",
        "redis://host/x", "redis://host/-1", "redis://[::1", "redis://:%4@host", "redis://:%zz@host", "unix://relative",
        "unix:///a?x=1",
    ])
    func `a senseless URL is refused`(url: String) {
        #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
    }
}
