import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1)))
struct BusTests {
    @Loop
    private final class Subject {
        let node: TestNode
        let bus: Bus
        let breaks = Occurrences()
        let restored = Occurrences()
        let received = Occurrences()
        var messages: [String] = []

        init(_ node: TestNode) {
            self.node = node
            bus = Bus(node.configuration, client: node.client, timing: node.timing)
            bus.observe { [breaks, restored] in ($0 ? restored : breaks).note() }
        }

        static func up(_ server: PrivateRedis) async throws -> Subject {
            let subject = Subject(try await TestNode.up(server))
            subject.bus.start()
            await subject.restored.reach(1)
            return subject
        }

        @discardableResult
        func listen(_ channel: String, as name: String = "") -> BusSubscription {
            bus.subscribe(channel) { message in
                self.messages.append("\(name)\(channel)=\(String(decoding: message, as: UTF8.self))")
                self.received.note()
            }
        }

        func down() async {
            await bus.stop()
            await node.client.stop()
        }
    }

    @Test func `a message reaches the listeners of every node, the publisher's own too`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let a = try await Subject.up(server)
            let b = try await Subject.up(server)
            try await a.listen("order:1", as: "x").confirmed()
            try await a.listen("order:1", as: "y").confirmed()
            try await b.listen("order:1").confirmed()
            try await b.listen("order:2").confirmed()
            a.bus.publish(["order:1", "order:2", "order:3"], Array("m".utf8))
            await a.received.reach(2)
            await b.received.reach(2)
            #expect(a.messages == ["xorder:1=m", "yorder:1=m"])
            #expect(b.messages == ["order:1=m", "order:2=m"])
            #expect(a.bus.statistics.published == 3)
            await a.down()
            await b.down()
        }
    }

    @Test func `what is published in one turn leaves in one write, in order`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            try await subject.listen("c").confirmed()
            let before = try await reads(subject.node.client)
            for number in 0..<50 { subject.bus.publish(["c"], Array("\(number)".utf8)) }
            await subject.received.reach(50)
            #expect(subject.messages == (0..<50).map { "c=\($0)" })
            // One read for the fifty, one for the INFO that asks.
            #expect(try await reads(subject.node.client) - before == 2)
            await subject.down()
        }
    }

    @Loop private func reads(_ client: RedisClient) async throws -> Int64 {
        let info = try await client.command(["INFO", "stats"]).text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
        return Int64(line?.split(separator: ":").last ?? "") ?? -1
    }

    @Test func `Redis is told of a channel once, and only while somebody wants it`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            let first = subject.listen("c")
            #expect(!first.isConfirmed)
            try await first.confirmed()
            let second = subject.listen("c")
            #expect(second.isConfirmed)
            #expect(try server.cli("PUBSUB", "CHANNELS") == "lm:c")
            first.cancel()
            first.cancel()
            #expect(!first.isConfirmed)
            subject.node.timing.advance(by: .seconds(60))
            #expect(second.isConfirmed)
            second.cancel()
            subject.node.timing.advance(by: .milliseconds(29_999))
            #expect(subject.bus.channelCount == 1)
            #expect(subject.listen("c").isConfirmed)
            subject.node.timing.advance(by: .seconds(60))
            #expect(subject.bus.channelCount == 1)
            await subject.down()
        }
    }

    @Test func `thirty seconds after the last listener left the channel is given up`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            let subscription = subject.listen("c")
            try await subscription.confirmed()
            subscription.cancel()
            subject.node.timing.advance(by: Bus.lingering)
            #expect(subject.bus.channelCount == 0)
            // Confirmed after the UNSUBSCRIBE, on the same connection.
            try await subject.listen("d").confirmed()
            #expect(try server.cli("PUBSUB", "CHANNELS") == "lm:d")
            await #expect(throws: ClusterError.cancelled) { try await subscription.confirmed() }
            await subject.down()
        }
    }

    @Test func `a cancelled listener hears nothing while the channel lingers`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            let gone = subject.listen("c", as: "gone")
            try await gone.confirmed()
            gone.cancel()
            try await subject.listen("d").confirmed()
            subject.bus.publish(["c", "d"], [120])
            await subject.received.reach(1)
            #expect(subject.messages == ["d=x"])
            await subject.down()
        }
    }

    @Test func `without Redis a node still hears itself, and afterwards everybody again`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            try await subject.listen("c").confirmed()
            try server.kill()
            await subject.breaks.reach(1)
            await subject.node.downs.reach(1)
            #expect(!subject.bus.isUp)
            subject.bus.publish(["c", "nobody"], [49])
            #expect(subject.messages.isEmpty)
            await subject.received.reach(1)
            #expect(subject.messages == ["c=1"])
            await #expect(throws: ClusterError.unavailable) { try await subject.listen("d").confirmed() }
            try server.start()
            subject.node.timing.advance(by: .seconds(2))
            await subject.restored.reach(2)
            await subject.node.ups.reach(2)
            #expect(subject.bus.isUp)
            #expect(try server.cli("PUBSUB", "CHANNELS").split(separator: "\n").sorted() == ["lm:c", "lm:d"])
            try server.cli("PUBLISH", "lm:d", "2")
            await subject.received.reach(2)
            #expect(subject.messages == ["c=1", "d=2"])
            #expect(subject.breaks.count == 1)
            await subject.down()
        }
    }

    @Test func `while Redis is stopped a node hears itself before the connection is given up`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            try await subject.listen("c").confirmed()
            try server.pause()
            subject.bus.publish(["c"], [49])
            subject.node.timing.advance(by: Bus.stallLimit - .milliseconds(1))
            #expect(subject.bus.isUp)
            subject.node.timing.advance(by: .milliseconds(1))
            #expect(!subject.bus.isUp)
            subject.bus.publish(["c"], [50])
            await subject.received.reach(1)
            #expect(subject.messages == ["c=2"])
            server.resume()
            // What Redis had taken in comes late, and what was handed over directly comes again.
            await subject.received.reach(3)
            #expect(subject.messages == ["c=2", "c=1", "c=2"])
            #expect(subject.bus.isUp)
            await subject.down()
        }
    }

    @Test func `a message over the limit is dropped and counted`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try await Subject.up(server)
            try await subject.listen("c").confirmed()
            subject.bus.publish(["c"], [UInt8](repeating: 0, count: Bus.messageLimit + 1))
            subject.bus.publish(["c"], [UInt8](repeating: 48, count: Bus.messageLimit))
            await subject.received.reach(1)
            #expect(subject.bus.statistics.dropped == 1)
            let registry = MetricsRegistry()
            subject.bus.register(in: registry)
            subject.node.client.register(in: registry)
            let text = String(decoding: registry.render(), as: UTF8.self)
            #expect(text.contains("lastmile_bus_dropped_total 1\n"))
            #expect(text.contains("lastmile_bus_channels 1\n"))
            #expect(text.contains("lastmile_redis_up 1\n"))
            #expect(subject.messages.first?.utf8.count == Bus.messageLimit + 2)
            await subject.down()
        }
    }
}
