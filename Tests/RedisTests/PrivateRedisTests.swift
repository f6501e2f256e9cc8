import Glibc
import TestSupport
import Testing

@Suite struct PrivateRedisTests {
    @Test func `a private server starts, is killed and comes back empty`() throws {
        let redis = try PrivateRedis(tcp: true)
        #expect(try redis.cli("SET", "a", "1") == "OK")
        try redis.pause()
        try redis.kill()
        try redis.start()
        #expect(try redis.cli("EXISTS", "a") == "0")
        redis.remove()
        #expect(access(redis.directory, F_OK) != 0)
    }
}
