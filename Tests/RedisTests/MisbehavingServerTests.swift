import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct MisbehavingServerTests {
    /// The first failure of an attempt to connect.
    @Loop private func failure(_ server: FakeRedis) async -> RedisError? {
        let keeper = LinkKeeper(RedisConfiguration(address: .unix(path: server.path)), timing: ManualTiming())
        let failures = Occurrences()
        var reason: RedisError?
        keeper.onFailure = {
            reason = $0
            failures.note()
        }
        keeper.onUp = { _, _ in failures.note() }
        keeper.start()
        await failures.reach(1)
        keeper.stop()
        server.close()
        return reason
    }

    @Test func `a peer that is no Redis is refused`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { _ in "HTTP/1.1 400 Bad Request\r\n\r\n" }
            guard case .protocolViolation = await failure(server) else {
                Issue.record("it was taken for Redis")
                return
            }
        }
    }

    @Test func `a server that is still loading is not up`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { $0 == ["PING"] ? "-LOADING Redis is loading the dataset in memory\r\n" : nil }
            #expect(
                await failure(server)
                    == .server(code: "LOADING", message: "Redis is loading the dataset in memory"))
        }
    }

    @Test func `a server that forbids CONFIG is taken all the same`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { $0.first == "CONFIG" ? "-NOPERM no\r\n" : nil }
            #expect(await failure(server) == nil)
        }
    }

    @Test func `a replica is not taken, and a master that becomes one is left`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let fixture = try Fixture(server)
            await fixture.up()
            try server.cli("REPLICAOF", "127.0.0.1", "1")
            await #expect(throws: RedisError.self) { try await fixture.client.command(["SET", "a", 1]) }
            #expect(!fixture.client.isUp)
            let failures = Occurrences()
            let keeper = LinkKeeper(fixture.configuration, timing: fixture.timing)
            keeper.onFailure = { _ in failures.note() }
            keeper.start()
            await failures.reach(1)
            keeper.stop()
            try server.cli("REPLICAOF", "NO", "ONE")
            await fixture.reconnected(2)
            #expect(try await fixture.client.command(["SET", "a", 1]) == .status("OK"))
            await fixture.client.stop()
        }
    }

    @Test func `a reply that nobody asked for ends the connection`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            let client = RedisClient(RedisConfiguration(address: .unix(path: server.path)), timing: ManualTiming())
            let changes = Occurrences()
            client.observe { _ in changes.note() }
            client.start()
            await changes.reach(1)
            server.push("+SURPRISE\r\n")
            await changes.reach(2)
            #expect(client.lastFailure == .protocolViolation("a reply that nobody asked for"))
            await client.stop()
            server.close()
        }
    }

    @Test func `a handshake that is not answered ends at the connect timeout`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { _ in "" }
            let timing = ManualTiming()
            let keeper = LinkKeeper(RedisConfiguration(address: .unix(path: server.path)), timing: timing)
            let failures = Occurrences()
            var reason: RedisError?
            keeper.onFailure = {
                reason = $0
                failures.note()
            }
            keeper.start()
            await server.received.reach(1)
            timing.advance(by: .seconds(1))
            await failures.reach(1)
            #expect(reason == .timedOut)
            keeper.stop()
            server.close()
        }
    }

    @Test func `an earlier confirmation of a channel does not confirm a later wish`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            let asked = Occurrences()
            server.answer = { command in
                guard command.first?.hasSuffix("subscribe") == true else { return nil }
                asked.note()
                return ""
            }
            let (subscriber, restored) = subscriber(server)
            subscriber.start()
            await restored.reach(1)
            subscriber.subscribe("a", handler: { _, _ in }, confirmed: { _ in })
            subscriber.unsubscribe("a")
            let heard = Occurrences()
            let confirmed = Occurrences()
            subscriber.subscribe("a", handler: { _, _ in heard.note() }, confirmed: { _ in confirmed.note() })
            await asked.reach(3)
            let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n"
            server.push("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" + message)
            await heard.reach(1)
            #expect(!subscriber.isConfirmed("a"))
            #expect(confirmed.count == 0)
            server.push("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
            await confirmed.reach(1)
            #expect(subscriber.isConfirmed("a"))
            await subscriber.stop()
            server.close()
        }
    }

    @Test func `a confirmation for another channel than asked for breaks the link`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { $0.first == "subscribe" ? "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n" : nil }
            let (subscriber, restored) = subscriber(server)
            subscriber.start()
            await restored.reach(1)
            await #expect(throws: RedisError.connectionLost) { try await subscriber.subscribe("a") { _, _ in } }
            #expect(subscriber.lastFailure == .protocolViolation("a confirmation out of order"))
            #expect(subscriber.breaks == 1)
            await subscriber.stop()
            server.close()
        }
    }

    @Test func `a channel that Redis forbids is told as its error`() async throws {
        try await onLoop {
            let server = try FakeRedis()
            server.answer = { $0.first == "subscribe" ? "-NOPERM no\r\n" : nil }
            let (subscriber, restored) = subscriber(server)
            subscriber.start()
            await restored.reach(1)
            await #expect(throws: RedisError.connectionLost) { try await subscriber.subscribe("a") { _, _ in } }
            #expect(subscriber.lastFailure == .server(code: "NOPERM", message: "no"))
            await subscriber.stop()
            server.close()
        }
    }

    @Loop private func subscriber(_ server: FakeRedis) -> (RedisSubscriber, Occurrences) {
        let subscriber = RedisSubscriber(
            RedisConfiguration(address: .unix(path: server.path)), timing: ManualTiming())
        let restored = Occurrences()
        subscriber.onRestored = { restored.note() }
        return (subscriber, restored)
    }
}
