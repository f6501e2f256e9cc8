import EventLoop
import Redis
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct MembershipTests {
    @Loop
    private final class Subject {
        let node: TestNode
        let changes = Occurrences()
        let membership: Membership
        var sockets = 7

        init(_ node: TestNode, name: String, epoch: String) {
            self.node = node
            weak var this: Subject?
            membership = Membership(client: node.client, timing: node.timing) {
                Member(
                    name: name, epoch: epoch, version: "1.2.3", address: "127.0.0.1:3000",
                    startedMilliseconds: 1_767_225_600_000, status: "ok", sockets: this?.sockets ?? 0, rooms: 2,
                    loopLagMilliseconds: 3)
            }
            this = self
            membership.onChange = { [changes] _ in changes.note() }
        }

        func down() async {
            await membership.stop()
            await node.client.stop()
        }
    }

    @Test func `nodes list one another with all they say of themselves`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let a = Subject(try await TestNode.up(server), name: "node-1", epoch: "e1")
            let b = Subject(try await TestNode.up(server), name: "node-2", epoch: "e2")
            a.membership.start()
            await a.changes.reach(1)
            #expect(a.membership.members.map(\.name) == ["node-1"])
            b.membership.start()
            await b.changes.reach(1)
            a.node.timing.advance(by: Membership.interval)
            await a.changes.reach(2)
            #expect(a.membership.members == b.membership.members)
            #expect(
                a.membership.members.first
                    == Member(
                        name: "node-1", epoch: "e1", version: "1.2.3", address: "127.0.0.1:3000",
                        startedMilliseconds: 1_767_225_600_000, status: "ok", sockets: 7, rooms: 2,
                        loopLagMilliseconds: 3))
            #expect(a.membership.isCurrent)
            let milliseconds = Int64(try server.cli("PTTL", "lm:node:node-2")) ?? -1
            #expect((1...Membership.lifetimeMilliseconds).contains(milliseconds))
            await a.down()
            await b.down()
        }
    }

    @Test func `who leaves or falls silent is not listed any more`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let a = Subject(try await TestNode.up(server), name: "a", epoch: "1")
            let b = Subject(try await TestNode.up(server), name: "b", epoch: "1")
            b.membership.start()
            await b.changes.reach(1)
            a.membership.start()
            await a.changes.reach(1)
            #expect(a.membership.members.map(\.name) == ["a", "b"])
            // As expiry does.
            try server.cli("DEL", "lm:node:b")
            a.node.timing.advance(by: Membership.interval)
            await a.changes.reach(2)
            #expect(a.membership.members.map(\.name) == ["a"])
            b.node.timing.advance(by: Membership.interval)
            _ = try await b.node.client.command(["PING"])
            a.node.timing.advance(by: Membership.interval)
            await a.changes.reach(3)
            await b.membership.stop()
            await b.membership.stop()
            a.node.timing.advance(by: Membership.interval)
            await a.changes.reach(4)
            #expect(a.membership.members.map(\.name) == ["a"])
            #expect(try server.cli("ZRANGE", "lm:nodes", "0", "-1") == "a")
            await a.down()
            await b.down()
        }
    }

    @Test func `without Redis the last list stays, this node's own entry fresh`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let a = Subject(try await TestNode.up(server), name: "a", epoch: "1")
            let b = Subject(try await TestNode.up(server), name: "b", epoch: "1")
            b.membership.start()
            await b.changes.reach(1)
            a.membership.start()
            await a.changes.reach(1)
            try server.kill()
            await a.node.downs.reach(1)
            a.sockets = 8
            a.node.timing.advance(by: Membership.interval)
            await settle()
            #expect(!a.membership.isCurrent)
            #expect(a.membership.members.map(\.name) == ["a", "b"])
            #expect(a.membership.members.first?.sockets == 8)
            #expect(a.changes.count == 1)
            await a.down()
            await b.down()
        }
    }

    @Test func `an entry of a newer version with unknown fields is read, one without a name is not`() {
        let member = Member(fields: ["name": "n", "epoch": "e", "sockets": "4", "new": "x"])
        #expect(member?.sockets == 4)
        #expect(member?.version == "")
        #expect(Member(fields: ["epoch": "e"]) == nil)
    }
}
