import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

/// Clients that begin a message and do not go on.
@Suite(.timeLimit(.minutes(1))) struct UnfinishedInputTests {
    private static func frame(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, Array(text.utf8), mask: 0x1234_5678, to: &bytes)
        return bytes
    }

    /// Of a message that is acknowledged; its head has six bytes.
    private static let event = frame(#"421["e","xxxxxxxxxxxxxxxxxxxx"]"#)

    @Loop private static func tested(_ change: (inout SocketServerOptions) -> Void = { _ in }) throws
        -> SocketsUnderTest
    {
        let tested = try SocketsUnderTest {
            $0.engine.pingInterval = .seconds(600)
            change(&$0)
        }
        tested.sockets.namespace("/").on("e") { _, event in event.acknowledge([]) }
        return tested
    }

    @Loop private static func waitForBytes(_ count: Int, _ tested: SocketsUnderTest) async {
        await until("so much of messages is unfinished") { tested.sockets.statistics.engine.unfinishedBytes == count }
    }

    @Test func `a message is ended when it is not whole in time, and what came of it is let go`() async throws {
        let (sessions, close, reasons, figures) = try await onLoop {
            let tested = try Self.tested()
            var reasons: [String] = []
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await tested.connect()
            client.raw.send(Array(Self.event.prefix(16)))
            await Self.waitForBytes(10, tested)
            tested.timing.advance(by: .seconds(20))
            // A little more now and then is no reason to wait longer.
            client.raw.send(Array(Self.event[16..<17]))
            await Self.waitForBytes(11, tested)
            tested.timing.advance(by: .seconds(9))
            var sessions = [tested.sockets.sessionCount]
            tested.timing.advance(by: .seconds(2))
            sessions.append(tested.sockets.sessionCount)
            return (sessions, await client.next(), reasons, tested.sockets.statistics.engine)
        }
        #expect(sessions == [1, 0])
        #expect(close == "close 1008")
        #expect(reasons == ["transport error"])
        #expect(figures.unfinishedMessages == 1 && figures.unfinishedBytes == 0)
    }

    @Test func `the time counts for each message, however they are cut`() async throws {
        let (answers, figures) = try await onLoop {
            let tested = try Self.tested()
            let client = try await tested.connect()
            client.raw.send(Array(Self.event.prefix(10)))
            await Self.waitForBytes(4, tested)
            var answers: [String] = []
            for _ in 0..<5 {
                tested.timing.advance(by: .seconds(20))
                client.raw.send(Array(Self.event.dropFirst(10) + Self.event.prefix(10)))
                answers.append(await client.next())
                await Self.waitForBytes(4, tested)
            }
            client.raw.send(Array(Self.event.dropFirst(10)))
            answers.append(await client.next())
            tested.timing.advance(by: .seconds(100))
            client.raw.send(Self.event)
            answers.append(await client.next())
            return (answers, tested.sockets.statistics.engine)
        }
        #expect(answers == Array(repeating: "431[]", count: 7))
        #expect(figures.unfinishedMessages == 0 && figures.unfinishedBytes == 0)
    }

    @Test func `all together have so many bytes: who brings more is ended, the others go on`() async throws {
        let (close, answer, refused) = try await onLoop {
            let tested = try Self.tested { $0.engine.maximumUnfinishedBytes = 30 }
            let (first, second) = (try await tested.connect(), try await tested.connect())
            first.raw.send(Array(Self.event.prefix(26)))
            await Self.waitForBytes(20, tested)
            second.raw.send(Array(Self.event.prefix(26)))
            let close = await second.next()
            await Self.waitForBytes(20, tested)
            first.raw.send(Array(Self.event.dropFirst(26)))
            let answer = await first.next()
            await Self.waitForBytes(0, tested)
            first.raw.send(Array(Self.event.prefix(26)))
            await Self.waitForBytes(20, tested)
            first.raw.close()
            await Self.waitForBytes(0, tested)
            return (close, answer, tested.sockets.statistics.engine.unfinishedMessages)
        }
        #expect(close == "close 1008")
        #expect(answer == "431[]")
        #expect(refused == 1)
    }

    @Test func `fragments with pongs between them are one message`() async throws {
        let (sessions, close) = try await onLoop {
            let tested = try Self.tested()
            let client = try await tested.connect()
            var first = Self.frame("42[")
            first[0] = 0x01
            client.raw.send(first)
            await Self.waitForBytes(3, tested)
            var sessions: [Int] = []
            for _ in 0..<4 {
                sessions.append(tested.sockets.sessionCount)
                var pong: [UInt8] = []
                WebSocketEncoder.appendMaskedFrame(.pong, [], mask: 1, to: &pong)
                client.raw.send(pong)
                var more = Self.frame(" ")
                more[0] = 0x00
                client.raw.send(more)
                await Self.waitForBytes(3 + sessions.count, tested)
                tested.timing.advance(by: .seconds(7))
            }
            tested.timing.advance(by: .seconds(3))
            return (sessions + [tested.sockets.sessionCount], await client.next())
        }
        #expect(sessions == [1, 1, 1, 1, 0])
        #expect(close == "close 1008")
    }
}
