import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct HeartbeatTests {
    @Test func `a ping comes each interval after the pong, and silence ends the session`() async throws {
        let (messages, reasons) = try await onLoop {
            let tested = try SocketsUnderTest()
            var reasons: [String] = []
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await tested.connect()
            var messages: [String] = []
            tested.timing.advance(by: .seconds(25))
            messages.append(await client.next())
            client.send("3")
            // Messages that follow the pong show that it was taken.
            client.send("41")
            client.send("40")
            _ = await client.next()
            tested.timing.advance(by: .seconds(25))
            messages.append(await client.next())
            tested.timing.advance(by: .milliseconds(19_999))
            messages.append("\(tested.sockets.sessionCount)")
            tested.timing.advance(by: .milliseconds(1))
            messages.append(await client.next())
            messages.append("\(tested.sockets.sessionCount)")
            return (messages, reasons)
        }
        #expect(messages == ["2", "2", "1", "close 1000", "0"])
        #expect(reasons == ["client namespace disconnect", "ping timeout"])
    }

    @Test func `a ping that leaves late still gives its client the whole time`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            let polling = try await PollingClient.open(tested.port)
            try await polling.post("40")
            _ = try await polling.get()
            polling.sendGet()
            // The poll is held by the time that who came behind it is answered.
            let client = try await tested.connect()
            tested.timing.standStill(for: .seconds(40))
            var messages = [await client.next(), try await polling.reply()?.body ?? ""]
            tested.timing.advance(by: .milliseconds(19_999))
            messages.append("\(tested.sockets.sessionCount)")
            tested.timing.advance(by: .milliseconds(1))
            messages.append(await client.next())
            messages.append("\(tested.sockets.sessionCount)")
            return messages
        }
        #expect(messages == ["2", "2", "2", "close 1000", "0"])
    }

    @Test func `a ping that nobody waits for counts from when it was due`() async throws {
        let statuses = try await onLoop {
            let tested = try SocketsUnderTest()
            let clients = try await [PollingClient.open(tested.port), PollingClient.open(tested.port)]
            tested.timing.standStill(for: .seconds(40))
            let inTime = try await clients[0].get()?.status
            tested.timing.standStill(for: .seconds(5))
            return [inTime, try await clients[1].get()?.status]
        }
        #expect(statuses == [200, 400])
    }

    @Test func `what came while the loop stood still is read before a heartbeat fails`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            let clients = try await [tested.connect(), tested.connect()]
            tested.timing.advance(by: .seconds(25))
            var messages = [await clients[0].next(), await clients[1].next()]
            clients[0].send("3")
            tested.timing.standStill(for: .seconds(21))
            clients[0].send("41")
            clients[0].send("40")
            _ = await clients[0].next()
            tested.timing.advance(by: .milliseconds(99))
            messages.append("\(tested.sockets.sessionCount)")
            tested.timing.advance(by: .milliseconds(1))
            messages.append(await clients[1].next())
            messages.append("\(tested.sockets.sessionCount)")
            return messages
        }
        #expect(messages == ["2", "2", "2", "close 1000", "1"])
    }

    @Test func `a pong that nobody asked for puts off no ping`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            let client = try await tested.connect()
            tested.timing.advance(by: .seconds(20))
            let before = tested.sockets.statistics.engine.messagesReceived
            client.send("3")
            // Once the event has come, the pong before it has.
            client.send(#"42["e"]"#)
            await until("what was sent is taken") { tested.sockets.statistics.engine.messagesReceived > before }
            tested.timing.advance(by: .seconds(5))
            return await client.next(1)
        }
        #expect(messages == ["2"])
    }

    @Test func `who joins no namespace in time is closed`() async throws {
        let (sessions, message) = try await onLoop {
            let tested = try SocketsUnderTest { $0.connectTimeout = .seconds(10) }
            let client = try await tested.connect("")
            // A quarter of a second more, for a CONNECT that is on its way.
            tested.timing.advance(by: .milliseconds(10_249))
            let sessions = tested.sockets.sessionCount
            tested.timing.advance(by: .milliseconds(51))
            return (sessions, await client.next())
        }
        #expect(sessions == 1)
        #expect(message == "close 1000")
    }

    @Test func `who joined one in time stays`() async throws {
        let sessions = try await onLoop {
            let tested = try SocketsUnderTest { $0.connectTimeout = .seconds(10) }
            _ = try await tested.connect()
            tested.timing.advance(by: .seconds(11))
            return tested.sockets.sessionCount
        }
        #expect(sessions == 1)
    }

    @Test func `an upgrade that is not finished in time leaves the session on polling`() async throws {
        let (message, sessions, failed) = try await onLoop {
            let tested = try SocketsUnderTest()
            let raw = try await RawClient.connect(tested.port)
            raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
            let body = try await raw.reply()?.body ?? ""
            let sid = String(body.dropFirst(9).prefix { $0 != "\"" })
            let client = try await SocketClient.open(tested.port, sid: sid)
            client.send("2probe")
            #expect(await client.next() == "3probe")
            tested.timing.advance(by: .seconds(10))
            let figures = tested.sockets.statistics.engine
            return (await client.next(), figures.sessions, figures.failedUpgrades)
        }
        #expect(message == "close 1000")
        #expect(sessions == 1)
        #expect(failed == 1)
    }
}
