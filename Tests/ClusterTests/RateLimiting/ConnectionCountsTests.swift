import EventLoop
import Realtime
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct ConnectionCountsTests {
    @Loop
    private final class Living {
        var others: [SessionOwner]

        init(_ others: [SessionOwner]) { self.others = others }
    }

    @Test func `connections on all living nodes count together`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            let (a, b) = (SessionOwner(name: "a", epoch: 1), SessionOwner(name: "b", epoch: 2))
            let living = Living([b])
            let onA = ConnectionCounts(client: node.client, process: a) { living.others }
            let onB = ConnectionCounts(client: node.client, process: b) { [a] }
            #expect(await onA.note(2, of: "me") == 2)
            #expect(await onB.note(3, of: "me") == 5)
            #expect(await onA.note(1, of: "me") == 4)
            #expect(await onA.note(7, of: "you") == 7)
            // A later process of the name begins with none, and what a dead one wrote does not count.
            living.others = [SessionOwner(name: "b", epoch: 3)]
            #expect(await onA.note(2, of: "me") == 2)
            living.others = []
            #expect(await onA.note(2, of: "me") == 2)
            #expect(await onB.note(0, of: "me") == 2)
            #expect(await onA.note(0, of: "me") == 0)
            #expect(try server.cli("EXISTS", "lm:connections:me") == "0")
            #expect((Int64(try server.cli("PTTL", "lm:connections:you")) ?? -1) > 3_500_000)
            await node.client.stop()
        }
    }

    @Test func `without Redis nobody knows`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let node = try await TestNode.up(server)
            let counts = ConnectionCounts(client: node.client, process: SessionOwner(name: "a", epoch: 1)) { [] }
            try server.kill()
            await node.downs.reach(1)
            #expect(await counts.note(1, of: "me") == nil)
            await node.client.stop()
        }
    }
}
