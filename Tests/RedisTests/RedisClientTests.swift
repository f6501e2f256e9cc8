import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct RedisClientTests {
    @Test func `commands of one turn leave in one write and are answered in order`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            let before = try await reads(fixture.client)
            let replies = Occurrences()
            var numbers: [Int64?] = []
            for _ in 0..<100 {
                fixture.client.submit(["INCR", "n"], timeout: nil) { outcome in
                    numbers.append(try? outcome.get().int)
                    replies.note()
                }
            }
            await replies.reach(100)
            #expect(numbers == (1...100).map(Int64.init))
            // One read for the hundred, one for the INFO that asks.
            #expect(try await reads(fixture.client) - before == 2)
            await fixture.client.stop()
        }
    }

    @Loop private func reads(_ client: RedisClient) async throws -> Int64 {
        let info = try await client.command(["INFO", "stats"]).text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
        return Int64(line?.split(separator: ":").last ?? "") ?? -1
    }

    @Test func `every kind of reply comes typed and an error reply is thrown`() async throws {
        let server = try PrivateRedis(tcp: true)
        try await onLoop {
            let fixture = try Fixture(server) { $0.address = .tcp(host: "127.0.0.1", port: server.port ?? 0) }
            await fixture.up()
            let client = fixture.client
            #expect(try await client.command(["SET", "k", .bytes([0, 255])]) == .status("OK"))
            #expect(try await client.command(["GET", "k"]) == .bulk([0, 255]))
            #expect(try await client.command(["GET", "none"]) == .null)
            #expect(try await client.command(["MGET", "k", "none"]) == .array([.bulk([0, 255]), .null]))
            await #expect(throws: RedisError.server(code: "WRONGTYPE", message: wrongType)) {
                try await client.command(["LPUSH", "k", 1])
            }
            #expect(client.statistics.errors == 1)
            #expect(client.statistics.answered == 5)
            await client.stop()
        }
    }

    private let wrongType = "Operation against a key holding the wrong kind of value"

    @Test func `a command fails at its deadline and its late reply goes to nobody`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.pause()
            let outcomes = Occurrences()
            var first: Result<RedisReply, RedisError>?
            var second: Result<RedisReply, RedisError>?
            fixture.client.submit(["ECHO", "late"], timeout: .milliseconds(50)) {
                first = $0
                outcomes.note()
            }
            fixture.client.submit(["ECHO", "patient"], timeout: .milliseconds(500)) {
                second = $0
                outcomes.note()
            }
            fixture.timing.advance(by: .milliseconds(49))
            #expect(first == nil)
            #expect(fixture.client.stalled == .milliseconds(49))
            fixture.timing.advance(by: .milliseconds(1))
            #expect(first == .failure(.timedOut))
            #expect(second == nil)
            server.resume()
            await outcomes.reach(2)
            #expect(second == .success(.bulk(Array("patient".utf8))))
            #expect(fixture.client.statistics.timeouts == 1)
            #expect(fixture.client.statistics.pending == 0)
            await fixture.client.stop()
        }
    }

    @Test func `a connection that has fallen silent is replaced and its commands are told`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.pause()
            var outcome: Result<RedisReply, RedisError>?
            fixture.client.submit(["PING"], timeout: .seconds(60)) { outcome = $0 }
            fixture.timing.advance(by: .milliseconds(1_900))
            #expect(fixture.client.isUp)
            fixture.timing.advance(by: .milliseconds(200))
            #expect(!fixture.client.isUp)
            #expect(outcome == .failure(.connectionLost))
            #expect(fixture.client.statistics.replacements == 1)
            await #expect(throws: RedisError.unavailable) { try await fixture.client.command(["PING"]) }
            server.resume()
            await fixture.reconnected(2)
            #expect(try await fixture.client.command(["PING"]) == .status("PONG"))
            await fixture.client.stop()
        }
    }

    @Test func `an idle connection to a stopped server is found out`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.pause()
            fixture.timing.advance(by: .seconds(3))
            #expect(!fixture.client.isUp)
            #expect(fixture.downs.count == 1)
            server.resume()
            await fixture.client.stop()
        }
    }

    @Test func `a restarted server is noticed as another one and scripts run on it`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            var changes: [(RedisIdentity, RedisIdentity)] = []
            fixture.client.onServerChange = { changes.append(($0, $1)) }
            await fixture.up()
            #expect(changes.isEmpty)
            let script = RedisScript(name: "sum", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
            #expect(try await fixture.client.evaluate(script, keys: ["n"], arguments: [5]) == .integer(5))
            #expect(try await fixture.client.evaluate(script, keys: ["n"], arguments: [5]) == .integer(10))
            try server.kill()
            await fixture.downs.reach(1)
            await #expect(throws: RedisError.unavailable) { try await fixture.client.command(["PING"]) }
            #expect(!fixture.client.send(["PING"]))
            try server.start()
            await fixture.reconnected(2)
            #expect(changes.count == 1)
            #expect(changes.first?.0.runID != changes.first?.1.runID)
            #expect(try await fixture.client.evaluate(script, keys: ["n"], arguments: [5]) == .integer(5))
            await fixture.client.stop()
        }
    }

    @Test func `a script runs by digest and after SCRIPT FLUSH by its source`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            let client = fixture.client
            let script = RedisScript(name: "id", source: "return ARGV[1]")
            for text in ["a", "b"] {
                #expect(try await client.evaluate(script, keys: [], arguments: [.text(text)]).text == text)
            }
            #expect(try server.cli("INFO", "commandstats").contains("cmdstat_evalsha:calls=1,"))
            try server.cli("SCRIPT", "FLUSH")
            #expect(try await client.evaluate(script, keys: [], arguments: ["c"]).text == "c")
            #expect(try await client.evaluate(script, keys: [], arguments: ["d"]).text == "d")
            #expect(try server.cli("INFO", "commandstats").contains("cmdstat_eval:calls=2,"))
            await client.stop()
        }
    }

    @Test func `password and database are used and a wrong password keeps the client down`() async throws {
        let server = try PrivateRedis(arguments: ["--requirepass", "secret"])
        try await onLoop {
            let fixture = try Fixture(server) {
                $0.password = "secret"
                $0.database = 3
                $0.clientName = "node-1"
            }
            await fixture.up()
            let info = try await fixture.client.command(["CLIENT", "INFO"]).text ?? ""
            #expect(info.contains(" db=3 "))
            #expect(info.contains(" name=node-1 "))
            await fixture.client.stop()

            let failures = Occurrences()
            var reason: RedisError?
            var wrong = fixture.configuration
            wrong.password = "wrong"
            let keeper = LinkKeeper(wrong, timing: fixture.timing)
            keeper.onFailure = {
                reason = $0
                failures.note()
            }
            keeper.start()
            await failures.reach(1)
            keeper.stop()
            guard case .server("WRONGPASS", _) = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
        }
    }

    @Test func `an eviction policy that may drop keys is warned of`() async throws {
        let server = try PrivateRedis(arguments: ["--maxmemory-policy", "allkeys-lru"])
        try await onLoop {
            let fixture = try Fixture(server)
            var warnings: [String] = []
            fixture.client.onWarning = { warnings.append($0) }
            await fixture.up()
            #expect(warnings.count == 1)
            await fixture.client.stop()
        }
    }

    @Test func `a cancelled task stops waiting at once`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.pause()
            let ended = Occurrences()
            var failure: RedisError?
            let task = Loop.start {
                do throws(RedisError) { _ = try await fixture.client.command(["PING"]) } catch { failure = error }
                ended.note()
            }
            #expect(fixture.client.statistics.pending == 1)
            task.cancel()
            await ended.reach(1)
            #expect(failure == .cancelled)
            server.resume()
            #expect(try await fixture.client.command(["ECHO", "x"]).text == "x")
            await fixture.client.stop()
        }
    }

    @Test func `a full queue refuses at once`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server) { $0.pendingLimit = 2 }
            await fixture.up()
            try server.pause()
            #expect(fixture.client.send(["PING"]))
            #expect(fixture.client.send(["PING"]))
            #expect(!fixture.client.send(["PING"]))
            await #expect(throws: RedisError.overloaded) { try await fixture.client.command(["PING"]) }
            #expect(fixture.client.statistics.refused == 2)
            server.resume()
            await fixture.client.stop()
        }
    }

    @Test func `stopping lets what was sent arrive, and may come twice or first`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.client.stop()
            await fixture.up()
            fixture.client.send(["SET", "last", "word"])
            await fixture.client.stop()
            await fixture.client.stop()
            #expect(!fixture.client.isUp)
            #expect(try server.cli("GET", "last") == "word")
            await #expect(throws: RedisError.unavailable) { try await fixture.client.command(["PING"]) }
            fixture.client.start()
            await fixture.ups.reach(2)
            #expect(try await fixture.client.command(["GET", "last"]).text == "word")
            await fixture.client.stop()
        }
    }

    @Test func `stopping gives up on a server that does not answer`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.pause()
            var outcome: Result<RedisReply, RedisError>?
            fixture.client.submit(["PING"], timeout: .seconds(60)) { outcome = $0 }
            let stopped = Occurrences()
            Loop.start {
                await fixture.client.stop()
                stopped.note()
            }
            #expect(stopped.count == 0)
            fixture.timing.advance(by: fixture.configuration.commandTimeout)
            await stopped.reach(1)
            #expect(outcome == .failure(.connectionLost))
            server.resume()
        }
    }
}
