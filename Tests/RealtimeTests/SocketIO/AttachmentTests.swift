import EventLoop
import TestSupport
import Testing

@testable import Realtime

/// Binary in questions, acknowledgements and events, and how much of it may wait.
@Suite(.timeLimit(.minutes(1))) struct AttachmentTests {
    private static let place = #"{"_placeholder":true,"num":0}"#

    @Test func `a client acknowledges a binary question with binary`() async throws {
        let (asked, answer) = try await onLoop {
            let tested = try SocketsUnderTest()
            var socket: Socket?
            tested.sockets.namespace("/").onConnect { socket = $0 }
            let client = try await tested.connect()
            async let answer = socket?.request(
                "ask", json: Array(Self.place.utf8), attachments: [[7, 8]], timeout: .seconds(5))
            let asked = await client.next(2)
            client.send(#"462-0["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#)
            client.send(binary: [1, 2, 3])
            client.send(binary: [4])
            return (asked, try await answer)
        }
        #expect(asked == [#"451-0["ask",\#(Self.place)]"#, "<7 8>"])
        #expect(
            answer
                == ClientAnswer(
                    json: Array(#""a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}"#.utf8),
                    attachments: [[1, 2, 3], [4]]))
    }

    @Test func `a broadcast is acknowledged with binary by some and with text by others`() async throws {
        let answers = try await onLoop {
            let tested = try SocketsUnderTest()
            let namespace = tested.sockets.namespace("/")
            let clients = [try await tested.connect(), try await tested.connect()]
            async let answers = namespace.all.request("ask", within: .seconds(5))
            for client in clients { #expect(await client.next() == #"420["ask"]"#) }
            clients[0].send("461-0[\(Self.place)]")
            clients[0].send(binary: [9])
            // In the order in which they come.
            while namespace.socketCount == 2, tested.sockets.engine.statistics.messagesReceived < 4 {
                await Task.yield()
            }
            clients[1].send("430[5]")
            return await answers
        }
        #expect(answers.isWhole)
        #expect(
            answers.answers == [
                ClientAnswer(json: Array(Self.place.utf8), attachments: [[9]]), ClientAnswer(json: Array("5".utf8)),
            ])
    }

    @Test func `what nobody asked for is ignored, its attachments too`() async throws {
        let message = try await onLoop {
            let tested = try SocketsUnderTest()
            tested.sockets.namespace("/").on("e") { _, event in event.acknowledge([]) }
            let client = try await tested.connect()
            client.send("461-99[\(Self.place)]")
            client.send(binary: [1])
            client.send(#"421["e"]"#)
            return await client.next()
        }
        #expect(message == "431[]")
    }

    /// The close code that a client gets for these attachments of one packet, and what the server counts.
    @Loop private static func sent(
        _ sizes: [Int], of count: Int, _ change: (inout SocketServerOptions) -> Void
    ) async throws -> [String] {
        let tested = try SocketsUnderTest(change)
        var lines: [String] = []
        let namespace = tested.sockets.namespace("/")
        namespace.on("e") { _, event in
            lines.append("\(event.attachments.map(\.count))")
            event.acknowledge([])
        }
        namespace.onDisconnect { lines.append($1.rawValue) }
        let client = try await tested.connect()
        client.send("45\(count)-1[\"e\"]")
        for size in sizes { client.send(binary: [UInt8](repeating: 1, count: size)) }
        lines.append(await client.next())
        let figures = tested.sockets.statistics
        return lines + ["refused \(figures.refusedAttachments), waiting \(figures.engine.unfinishedBytes)"]
    }

    @Test func `ten attachments of one packet are taken, eleven are none`() async throws {
        let (ten, eleven) = try await onLoop {
            (
                try await Self.sent(Array(repeating: 1, count: 10), of: 10) { _ in },
                try await Self.sent([1], of: 11) { _ in }
            )
        }
        #expect(ten == ["[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "431[]", "refused 0, waiting 0"])
        #expect(eleven == ["forced close", "close 1002", "refused 0, waiting 0"])
    }

    private static func limit(_ options: inout SocketServerOptions) {
        options.engine.maximumPayload = 500
        options.maximumAttachmentBytes = 1_000
    }

    @Test func `attachments of one packet have so many bytes together, and what came is let go`() async throws {
        let (within, beyond) = try await onLoop {
            (
                try await Self.sent([500, 491], of: 2, Self.limit),
                try await Self.sent([500, 492], of: 3, Self.limit)
            )
        }
        #expect(within == ["[500, 491]", "431[]", "refused 0, waiting 0"])
        #expect(beyond == ["attachments too large", "close 1009", "refused 1, waiting 0"])
    }

    @Test func `what waits of all clients is bounded, and a packet that is whole does not wait`() async throws {
        let (close, whole, waiting) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumUnfinishedBytes = 1_000 }
            tested.sockets.namespace("/").on("e") { _, event in event.acknowledge([]) }
            var clients: [SocketClient] = []
            var waiting: [Int] = []
            @Loop func announce() async throws -> SocketClient {
                let client = try await tested.connect()
                client.send(#"452-1["e"]"#)
                client.send(binary: [UInt8](repeating: 1, count: 441))
                clients.append(client)
                return client
            }
            for number in 1...2 {
                _ = try await announce()
                await until("the part has come") { tested.sockets.statistics.engine.unfinishedBytes >= 450 * number }
                waiting.append(tested.sockets.statistics.engine.unfinishedBytes)
            }
            let close = await (try await announce()).next()
            waiting.append(tested.sockets.statistics.engine.unfinishedBytes)
            clients[0].send(binary: [UInt8](repeating: 1, count: 900))
            let whole = await clients[0].next()
            waiting.append(tested.sockets.statistics.engine.unfinishedBytes)
            clients[1].raw.close()
            await until("all sessions but one have ended") { tested.sockets.sessionCount <= 1 }
            waiting.append(tested.sockets.statistics.engine.unfinishedBytes)
            return (close, whole, waiting)
        }
        #expect(close == "close 1008")
        #expect(whole == "431[]")
        #expect(waiting == [450, 900, 900, 450, 0])
    }

    @Test func `attachments that do not come end the connection in time, those that come late do not`() async throws {
        let (messages, reasons, figures) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.pingInterval = .seconds(200) }
            var reasons: [String] = []
            tested.sockets.namespace("/").on("e") { _, event in event.acknowledge([]) }
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await tested.connect()
            @Loop func announce() async {
                client.send(#"452-1["e"]"#)
                client.send(binary: [1])
                await until("the part has come") { tested.sockets.statistics.engine.unfinishedBytes >= 10 }
            }
            await announce()
            tested.timing.advance(by: .seconds(29))
            client.send(binary: [2])
            var messages = [await client.next()]
            await announce()
            tested.timing.advance(by: .seconds(29))
            let before = tested.sockets.sessionCount
            tested.timing.advance(by: .seconds(2))
            messages.append(await client.next())
            #expect(before == 1)
            return (messages, reasons, tested.sockets.statistics.engine)
        }
        #expect(messages == ["431[]", "close 1008"])
        #expect(reasons == ["transport error"])
        #expect(figures.unfinishedMessages == 1 && figures.unfinishedBytes == 0)
    }
}
