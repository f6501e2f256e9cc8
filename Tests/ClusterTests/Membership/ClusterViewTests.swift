import EventLoop
import TestSupport
import Testing

@testable import Cluster

struct ClusterViewTests {
    private func member(
        _ name: String, epoch: String = "1", started: Int64 = 1, said: Int64, status: String = "ok"
    ) -> Member {
        Member(
            name: name, epoch: epoch, version: "1", address: "", startedMilliseconds: started, status: status,
            sockets: Int(said), saidMilliseconds: said)
    }

    @Test func `what a node said survives the way over a link`() throws {
        var said = member("node-1", epoch: "ff", said: 12)
        said.reachesRedis = false
        said.linkHost = "10.0.0.1"
        said.linkPort = 4000
        #expect(try Member(encoded: said.encoded) == said)
        #expect(try Member(encoded: []) == nil)
        for count in 1..<said.encoded.count {
            #expect(throws: LinkFault.malformed) { try Member(encoded: Array(said.encoded.prefix(count))) }
        }
    }

    @Test func `the newest word counts, and a later process of a name before an earlier one`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let view = ClusterView(timing: timing)
            view.heard(member("a", said: 5))
            timing.advance(by: .seconds(1))
            view.heard(member("a", said: 4))
            view.heard(member("a", said: 5))
            #expect(view.nodes.map(\.member.sockets) == [5])
            #expect(view.nodes[0].heardAt == timing.now - .seconds(1))
            view.heard(member("a", epoch: "2", started: 9, said: 1))
            view.heard(member("a", said: 99))
            #expect(view.nodes.map(\.member.epoch) == ["2"])
            #expect(view.nodes[0].heardAt == timing.now)
        }
    }

    @Test func `a lost node stays in view, one that left does not`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let view = ClusterView(timing: timing)
            view.heard(member("lost", said: 1))
            view.heard(member("left", said: 1, status: "draining"))
            #expect(view.nodes.map(\.member.name) == ["left", "lost"])
            timing.advance(by: ClusterView.leaving)
            #expect(view.nodes.map(\.member.name) == ["lost"])
            timing.advance(by: ClusterView.remembered)
            #expect(view.nodes.isEmpty)
        }
    }

    @Test func `the number of names is bounded`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let view = ClusterView(timing: timing)
            for number in 0...ClusterView.limit {
                view.heard(member("n\(number)", said: 1))
                timing.advance(by: .milliseconds(1))
            }
            #expect(view.nodes.count == ClusterView.limit)
            #expect(!view.nodes.contains { $0.member.name == "n0" })
        }
    }
}
