import EventLoop
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct OrderLockTests {
    private static let order = "order-1"

    /// Runs a body with a lock of its own on a server of its own.
    private func withLock(
        _ body: @escaping @Loop @Sendable (OrderLock, TestNode, PrivateRedis) async throws -> Void
    ) async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            try await body(OrderLock(client: node.client, timing: node.timing), node, server)
            await node.client.stop()
        }
    }

    /// Returns when what was sent without waiting for it has been executed.
    @Loop private func executed(_ node: TestNode) async throws {
        _ = try await node.client.command(["PING"])
    }

    @Test func `of two hundred at once on two nodes one gets the claim`() async throws {
        try await withLock { lock, node, server in
            let other = try await TestNode.up(server)
            let locks = [lock, OrderLock(client: other.client, timing: other.timing)]
            let answers = Occurrences()
            var claims: [OrderClaim] = []
            for number in 0..<200 {
                Loop.start {
                    claims.append(
                        await locks[number % 2].claim(
                            orderID: Self.order, driverID: "driver-\(number)", offerVersion: 1))
                    answers.note()
                }
            }
            await answers.reach(200)
            #expect(claims.count { $0 == .claimed } == 1)
            #expect(claims.count { $0 == .busy } == 199)
            await other.client.stop()
        }
    }

    @Test func `the same driver's repeat is granted again, and the claim ends by itself`() async throws {
        try await withLock { lock, _, server in
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .claimed)
            try server.cli("PEXPIRE", "lm:claim:order-1", "100000")
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .claimed)
            let milliseconds = Int64(try server.cli("PTTL", "lm:claim:order-1")) ?? -1
            #expect((1...OrderLock.claimMilliseconds).contains(milliseconds))
        }
    }

    @Test func `a released claim is free, and nobody releases another's`() async throws {
        try await withLock { lock, node, _ in
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .claimed)
            lock.release(orderID: Self.order, driverID: "b")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 1) == .busy)
            lock.release(orderID: Self.order, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 1) == .claimed)
            try await executed(node)
        }
    }

    @Test func `an offer older than the win is refused with the win's version as the proof`() async throws {
        try await withLock { lock, _, _ in
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 3) == .claimed)
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 3) == .lost(version: 4))
            // The winner's repeat has to hear from PostgreSQL that it won.
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 3) == .claimed)
        }
    }

    @Test func `an offer made after the win, as on a new dispatch, is no loser's`() async throws {
        try await withLock { lock, _, _ in
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 3) == .claimed)
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 5) == .claimed)
        }
    }

    @Test func `an offer whose version equals the win's is no proof`() async throws {
        try await withLock { lock, _, _ in
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 4) == .claimed)
        }
    }

    @Test func `who has not read the offer's row is never refused`() async throws {
        try await withLock { lock, _, _ in
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: nil) == .claimed)
        }
    }

    @Test func `an older win that comes late does not hide a newer one`() async throws {
        try await withLock { lock, _, server in
            lock.won(orderID: Self.order, version: 9, driverID: "b")
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "c", offerVersion: 5) == .lost(version: 9))
            let milliseconds = Int64(try server.cli("PTTL", "lm:won:order-1")) ?? -1
            #expect((1...OrderLock.markerMilliseconds).contains(milliseconds))
        }
    }

    @Test func `a wiped Redis refuses nobody`() async throws {
        try await withLock { lock, _, server in
            lock.won(orderID: Self.order, version: 4, driverID: "a")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 3) == .lost(version: 4))
            try server.cli("FLUSHALL")
            try server.cli("SCRIPT", "FLUSH")
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 3) == .claimed)
        }
    }

    @Test func `a paused Redis counts as absent after fifty milliseconds, and then at once`() async throws {
        try await withLock { lock, node, server in
            try server.pause()
            let answers = Occurrences()
            var claims: [OrderClaim] = []
            Loop.start {
                claims.append(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1))
                answers.note()
            }
            node.timing.advance(by: .milliseconds(49))
            await settle()
            #expect(claims.isEmpty)
            node.timing.advance(by: .milliseconds(1))
            await answers.reach(1)
            #expect(claims == [.absent])
            #expect(await lock.claim(orderID: Self.order, driverID: "b", offerVersion: 1) == .absent)
            server.resume()
        }
    }

    @Test func `a Redis that is not there is absent at once`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try TestNode(server)
            let lock = OrderLock(client: node.client, timing: node.timing)
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .absent)
            #expect(await lock.claimPatiently(orderID: Self.order, driverID: "a", offerVersion: 1) == .absent)
        }
    }

    @Test func `a key of another kind is an error of Redis, not a verdict`() async throws {
        try await withLock { lock, _, server in
            try server.cli("LPUSH", "lm:won:order-1", "x")
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .absent)
        }
    }

    @Test func `the patient ask four times while somebody's claim stands`() async throws {
        try await withLock { _, node, server in
            let lock = OrderLock(client: node.client, timing: SystemTiming.shared)
            #expect(await lock.claim(orderID: Self.order, driverID: "a", offerVersion: 1) == .claimed)
            try server.cli("PERSIST", "lm:claim:order-1")
            #expect(await lock.claimPatiently(orderID: Self.order, driverID: "b", offerVersion: 1) == .busy)
            let statistics = try server.cli("INFO", "commandstats")
            #expect(statistics.contains("cmdstat_evalsha:calls=4,"))
            lock.won(orderID: Self.order, version: 2, driverID: "a")
            #expect(
                await lock.claimPatiently(orderID: Self.order, driverID: "b", offerVersion: 1) == .lost(version: 2))
        }
    }
}
