import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    @Test func `what was missed comes once and in order, then the reply with the same ids`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            under.namespace.to("r").emit("e", json: Array("1".utf8))
            let seen = await client.next()
            client.raw.close()
            for value in 2...4 { under.namespace.to("r").emit("e", json: Array("\(value)".utf8)) }
            let (again, lines) = try await under.recover(pid, RecoveryUnderTest.lastElement(seen))
            #expect(lines.dropLast().map(\.withoutOffset) == [#"42["e",2]"#, #"42["e",3]"#, #"42["e",4]"#])
            #expect(RecoveryUnderTest.field("sid", lines.last ?? "") == sid)
            #expect(RecoveryUnderTest.field("pid", lines.last ?? "") == pid)
            under.namespace.to("r").emit("e", json: Array("5".utf8))
            #expect(await again.next().withoutOffset == #"42["e",5]"#)
            #expect(under.tested.sockets.statistics.recovered == 1)
        }
    }

    @Test func `a connection that is thought alive is closed, and its session goes on`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            let (_, lines) = try await under.recover(pid, nil)
            #expect(lines.count == 1 && RecoveryUnderTest.field("sid", lines[0]) == sid)
            #expect(["end", "close 1005", "close 0", "close 1000"].contains(await client.next()))
            #expect(under.namespace.socketCount == 1)
        }
    }

    @Test func `without an offset everything since the session's start comes`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            under.namespace.to("r").emit("before")
            let (client, _, pid) = try await under.join()
            under.namespace.emit("all")
            let seen = await client.next()
            #expect(seen.hasPrefix(#"42["all",""#))
            let (_, lines) = try await under.recover(pid, nil)
            #expect(lines.count == 2 && lines[0] == seen)
        }
    }

    @Test func `an emit to one socket and a binary event bear an offset and are recovered`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            let socket = try #require(under.namespace.socket(sid))
            socket.emit("own", json: Array("1".utf8))
            socket.emit("bin", json: Array(#"{"_placeholder":true,"num":0}"#.utf8), attachments: [[7]])
            let lines = await client.next(3)
            #expect(lines[0].hasPrefix(#"42["own",1,""#))
            #expect(lines[1].hasPrefix(#"451-["bin",{"_placeholder":true,"num":0},""#) && lines[2] == "<7>")
            let (_, missed) = try await under.recover(pid, RecoveryUnderTest.lastElement(lines[0]))
            #expect(missed.count == 3 && Array(missed.prefix(2)) == Array(lines[1...]))
        }
    }

    @Test func `a volatile string does not take the place of the client's offset`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            let socket = try #require(under.namespace.socket(sid))
            under.namespace.to("r").emit("e", json: Array("1".utf8))
            let offset = RecoveryUnderTest.lastElement(await client.next())
            under.namespace.to("r").volatile.emit("v", json: Array(#""text""#.utf8))
            under.namespace.to("r").volatile.emit("bare")
            under.namespace.to("r").volatile.emit("number", json: Array("1".utf8))
            socket.emit("w", json: Array(#""text""#.utf8), volatile: true)
            socket.send(under.namespace.encode("f", json: Array(#""text""#.utf8)))
            #expect(
                await client.next(5) == [
                    #"42["v","text","\#(offset)"]"#, #"42["bare","\#(offset)"]"#, #"42["number",1]"#,
                    #"42["w","text","\#(offset)"]"#, #"42["f","text","\#(offset)"]"#,
                ])
            let (_, lines) = try await under.recover(pid, offset)
            #expect(lines.count == 1 && RecoveryUnderTest.field("sid", lines[0]) == sid)
        }
    }

    @Test func `only who asked is sent pid and offsets`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, _, pid) = try await under.join("")
            #expect(pid == "")
            under.namespace.to("r").emit("e", json: Array("1".utf8))
            #expect(await client.next() == #"42["e",1]"#)
            let always = try RecoveryUnderTest(mode: .always)
            #expect(try await always.join("").pid != "")
        }
    }

    @Test func `what cannot be whole is a fresh session`() async throws {
        try await onLoop {
            var limits = RecoveryLimits()
            limits.maximumPackets = 3
            let under = try RecoveryUnderTest(limits)
            @Loop func attempt(
                _ offset: String?, emits: Int, _ change: @Loop (SocketClient, String) async -> Void
            ) async throws -> [String] {
                let (client, sid, pid) = try await under.join()
                under.namespace.to("r").emit("e")
                let seen = RecoveryUnderTest.lastElement(await client.next())
                await change(client, sid)
                for _ in 0..<emits { under.namespace.to("r").emit("e") }
                let (_, lines) = try await under.recover(pid, offset ?? seen)
                let last = lines.last ?? ""
                return [
                    "\(lines.count - 1)", RecoveryUnderTest.field("sid", last) == sid ? "same" : "new",
                    RecoveryUnderTest.field("pid", last) == pid ? "same" : "new",
                ]
            }
            #expect(try await attempt(nil, emits: 3) { client, _ in client.raw.close() } == ["3", "same", "same"])
            #expect(try await attempt(nil, emits: 4) { client, _ in client.raw.close() } == ["0", "new", "new"])
            #expect(try await attempt("x.1", emits: 0) { client, _ in client.raw.close() } == ["0", "new", "new"])
            #expect(try await attempt("text", emits: 0) { client, _ in client.raw.close() } == ["0", "new", "new"])
            #expect(
                try await attempt(nil, emits: 0) { client, sid in
                    client.send("41")
                    await Self.gone(sid, under.namespace)
                } == ["0", "new", "new"])
            #expect(
                try await attempt(nil, emits: 0) { client, sid in
                    client.raw.close()
                    await Self.gone(sid, under.namespace)
                    under.tested.timing.advance(by: .seconds(200))
                } == ["0", "new", "new"])
            #expect(
                under.tested.sockets.statistics.unrecovered == [
                    .trimmed: 1, .anotherLife: 1, .malformedOffset: 1, .unknown: 2,
                ])
        }
    }

    @Loop private static func gone(_ sid: String, _ namespace: Namespace) async {
        await until("the socket has ended") { namespace.socket(sid) == nil }
    }

    @Test func `rooms come back, those that were left do not, and the application hears of it`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            let socket = try #require(under.namespace.socket(sid))
            socket.join("a")
            socket.join("b")
            socket.leave("a")
            client.raw.close()
            await Self.gone(sid, under.namespace)
            var heard: [Bool] = []
            under.namespace.use { socket async throws(ConnectRefusal) in heard.append(socket.isRecovered) }
            for room in ["a", "b"] { under.namespace.to(room).emit(room) }
            under.namespace.to("b").except("r").emit("not for r")
            let (_, lines) = try await under.recover(pid, nil)
            #expect(lines.count == 2 && lines[0].hasPrefix(#"42["b",""#))
            #expect(heard == [true])
            #expect(under.namespace.socket(sid)?.rooms.sorted() == ["b", "r"])
        }
    }

    @Test func `who is refused keeps the session for a better token`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            client.raw.close()
            await Self.gone(sid, under.namespace)
            under.namespace.to("r").emit("e")
            under.namespace.use { socket async throws(ConnectRefusal) in
                if !String(decoding: socket.auth, as: UTF8.self).contains("good") {
                    throw ConnectRefusal(message: "no")
                }
            }
            let (_, refused) = try await under.recover(pid, nil)
            #expect(refused == [#"44{"message":"no"}"#])
            let (_, lines) = try await under.recover(pid, nil, extra: #","token":"good""#)
            #expect(lines.count == 2 && RecoveryUnderTest.field("sid", lines[1]) == sid)
        }
    }

    @Test func `of two at the same time one gets the session`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            client.raw.close()
            await Self.gone(sid, under.namespace)
            let first = try await SocketClient.open(under.tested.port)
            let second = try await SocketClient.open(under.tested.port)
            // The first is still being asked for its token when the second comes.
            under.namespace.use { _ async throws(ConnectRefusal) in await settle() }
            for client in [first, second] { client.send(#"40{"pid":"\#(pid)"}"#) }
            let ids = [await first.next(), await second.next()].map { RecoveryUnderTest.field("sid", $0) }
            #expect(ids.filter { $0 == sid }.count == 1)
        }
    }

    @Test func `what was replayed over a connection that broke at once is replayed again`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, _, pid) = try await under.join()
            client.raw.close()
            under.namespace.to("r").emit("e", json: Array("1".utf8))
            // So long that whoever had been connected all the while would have it.
            under.tested.timing.advance(by: under.tested.sockets.confirmationLag)
            under.namespace.to("elsewhere").emit("e")
            let (broken, lines) = try await under.recover(pid, nil)
            #expect(lines.count == 2)
            broken.raw.close()
            let (_, again) = try await under.recover(pid, nil)
            #expect(again.count == 2 && again[0] == lines[0])
        }
    }

    @Test func `what came in a room before it was left is replayed, and nothing after`() async throws {
        try await onLoop {
            let under = try RecoveryUnderTest()
            let (client, sid, pid) = try await under.join()
            let socket = try #require(under.namespace.socket(sid))
            socket.join("left")
            under.namespace.to("left").emit("e", json: Array("1".utf8))
            socket.leave("left")
            under.namespace.to("left").emit("e", json: Array("2".utf8))
            under.namespace.to("r").emit("e", json: Array("3".utf8))
            client.raw.close()
            let (_, lines) = try await under.recover(pid, nil)
            #expect(lines.dropLast().map(\.withoutOffset) == [#"42["e",1]"#, #"42["e",3]"#])
        }
    }

    @Test func `who has left more rooms than are remembered begins anew, unless it has got something since`()
        async throws
    {
        try await onLoop {
            for isUpToDate in [false, true] {
                let under = try RecoveryUnderTest()
                let (client, sid, pid) = try await under.join()
                let socket = try #require(under.namespace.socket(sid))
                for room in 0...PastRooms.limit {
                    socket.join("room\(room)")
                    under.namespace.to("room\(room)").emit("e")
                    socket.leave("room\(room)")
                }
                let lines = await client.next(PastRooms.limit + 1)
                client.raw.close()
                let offset = isUpToDate ? RecoveryUnderTest.lastElement(lines[2]) : nil
                let (_, again) = try await under.recover(pid, offset)
                #expect((RecoveryUnderTest.field("pid", again.last ?? "") == pid) == isUpToDate)
                #expect(again.count == (isUpToDate ? PastRooms.limit - 1 : 1))
            }
        }
    }
}
