import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct RedisSubscriberTests {
    @Loop
    private final class Subject {
        let server: PrivateRedis
        let timing = ManualTiming()
        let subscriber: RedisSubscriber
        let breaks = Occurrences()
        let restored = Occurrences()
        let received = Occurrences()
        var messages: [String] = []

        init(_ server: PrivateRedis) throws {
            self.server = server
            var configuration = try RedisConfiguration(url: server.url)
            configuration.jitter = { 1 }
            subscriber = RedisSubscriber(configuration, timing: timing)
            subscriber.onBreak = { [breaks] in breaks.note() }
            subscriber.onRestored = { [restored] in restored.note() }
        }

        func up() async {
            subscriber.start()
            await restored.reach(1)
        }

        func note(_ channel: [UInt8], _ message: [UInt8]) {
            messages.append("\(String(decoding: channel, as: UTF8.self))=\(String(decoding: message, as: UTF8.self))")
            received.note()
        }
    }

    @Test func `a message published after the confirmation arrives`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            try await subject.subscriber.subscribe("a") { subject.note($0, $1) }
            #expect(try server.cli("PUBSUB", "NUMSUB", "a") == "a\n1")
            #expect(try server.cli("PUBLISH", "a", "one") == "1")
            await subject.received.reach(1)
            try await subject.subscriber.psubscribe("b*") { subject.note($0, $1) }
            try server.cli("PUBLISH", "b2", "two")
            await subject.received.reach(2)
            #expect(subject.messages == ["a=one", "b2=two"])
            await subject.subscriber.stop()
        }
    }

    @Test func `after unsubscribe nothing comes, and subscribing again awaits its own confirmation`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            let subscriber = subject.subscriber
            try await subscriber.subscribe("a") { _, _ in Issue.record("the old handler was called") }
            subscriber.unsubscribe("a")
            #expect(!subscriber.isConfirmed("a"))
            try await subscriber.subscribe("a") { subject.note($0, $1) }
            try server.cli("PUBLISH", "a", "x")
            await subject.received.reach(1)
            subscriber.unsubscribe("a")
            subscriber.unsubscribe("a")
            try await subscriber.subscribe("b") { _, _ in }
            #expect(try server.cli("PUBSUB", "CHANNELS") == "b")
            #expect(subscriber.count == 1)
            await subscriber.stop()
        }
    }

    @Test func `whoever unsubscribes before the confirmation is told so`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            var outcome: Result<Void, RedisError>?
            subject.subscriber.subscribe("a", handler: { _, _ in }, confirmed: { outcome = $0 })
            subject.subscriber.unsubscribe("a")
            #expect(throws: RedisError.cancelled) { try outcome?.get() }
            await subject.subscriber.stop()
        }
    }

    @Test func `a wish made while Redis is away is refused at once and fulfilled later`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await #expect(throws: RedisError.unavailable) {
                try await subject.subscriber.subscribe("early") { subject.note($0, $1) }
            }
            await subject.up()
            #expect(subject.subscriber.isConfirmed("early"))
            try server.cli("PUBLISH", "early", "x")
            await subject.received.reach(1)
            await subject.subscriber.stop()
        }
    }

    @Test func `after a restart of Redis every channel is confirmed before it counts as restored`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            // More than go into one command.
            let channels = (0..<1_200).map { "c\($0)" }
            for channel in channels {
                subject.subscriber.subscribe(channel, handler: { subject.note($0, $1) }, confirmed: { _ in })
            }
            try await subject.subscriber.psubscribe("p*") { subject.note($0, $1) }
            try server.kill()
            await subject.breaks.reach(1)
            #expect(!subject.subscriber.isUp)
            #expect(!subject.subscriber.isConfirmed("c0"))
            try server.start()
            subject.timing.advance(by: .seconds(2))
            await subject.restored.reach(2)
            #expect(channels.allSatisfy { subject.subscriber.isConfirmed($0) })
            #expect(try server.cli("PUBSUB", "CHANNELS").split(separator: "\n").count == 1_200)
            #expect(try server.cli("PUBSUB", "NUMPAT") == "1")
            try server.cli("PUBLISH", "c1199", "x")
            await subject.received.reach(1)
            #expect(subject.breaks.count == 1)
            await subject.subscriber.stop()
        }
    }

    @Test func `a PONG that does not come in two seconds is a break`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            // Confirmations come in order, so this one proves that the first PONG has come.
            try await subject.subscriber.subscribe("a") { _, _ in }
            try server.pause()
            subject.timing.advance(by: .milliseconds(2_999))
            #expect(subject.subscriber.isUp)
            subject.timing.advance(by: .milliseconds(1))
            #expect(!subject.subscriber.isUp)
            #expect(subject.breaks.count == 1)
            await #expect(throws: RedisError.unavailable) {
                try await subject.subscriber.subscribe("b") { _, _ in }
            }
            server.resume()
            subject.timing.advance(by: .seconds(2))
            await subject.restored.reach(2)
            #expect(subject.subscriber.isConfirmed("a") && subject.subscriber.isConfirmed("b"))
            await subject.subscriber.stop()
        }
    }

    @Test func `who waits for a confirmation during a break is told`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            try server.pause()
            var outcome: Result<Void, RedisError>?
            subject.subscriber.subscribe("a", handler: { _, _ in }, confirmed: { outcome = $0 })
            #expect(outcome == nil)
            try server.kill()
            await subject.breaks.reach(1)
            #expect(throws: RedisError.connectionLost) { try outcome?.get() }
            await subject.subscriber.stop()
        }
    }

    @Test func `who is told that it is restored finds every channel confirmed, and is told once`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            let channels = (0..<5).map { "c\($0)" }
            for channel in channels { try await subject.subscriber.subscribe(channel) { subject.note($0, $1) } }
            var confirmed: [Int] = []
            subject.subscriber.onRestored = { [restored = subject.restored, subscriber = subject.subscriber] in
                confirmed.append(channels.count(where: { subscriber.isConfirmed($0) }))
                restored.note()
            }
            try server.cli("CLIENT", "KILL", "TYPE", "pubsub")
            await subject.breaks.reach(1)
            subject.timing.advance(by: .seconds(2))
            await subject.restored.reach(2)
            // A further confirmation comes behind all those of the new connection.
            try await subject.subscriber.subscribe("last") { _, _ in }
            #expect(confirmed == [5])
            await subject.subscriber.stop()
        }
    }

    @Test func `a subscriber that Redis kicks out comes back`() async throws {
        let server = try PrivateRedis()
        try await onLoop {
            let subject = try Subject(server)
            await subject.up()
            try await subject.subscriber.subscribe("a") { subject.note($0, $1) }
            try server.cli("CLIENT", "KILL", "TYPE", "pubsub")
            await subject.breaks.reach(1)
            subject.timing.advance(by: .seconds(2))
            await subject.restored.reach(2)
            try server.cli("PUBLISH", "a", "x")
            await subject.received.reach(1)
            await subject.subscriber.stop()
            #expect(subject.subscriber.breaks == 2)
        }
    }
}
