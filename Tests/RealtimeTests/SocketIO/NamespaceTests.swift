import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct NamespaceTests {
    @Test func `a middleware sees the auth, and what it throws reaches the client as it is`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            let namespace = tested.sockets.namespace("/")
            namespace.use { socket throws(ConnectRefusal) in
                await Task.yield()
                if !socket.auth.elementsEqual(#"{"token":"good"}"#.utf8) {
                    throw ConnectRefusal(message: "no way", data: Array(#"{"code":7}"#.utf8))
                }
            }
            namespace.onConnect { $0.emit("hello") }
            let client = try await tested.connect("")
            client.send(#"40{"token":"bad"}"#)
            var messages = [await client.next()]
            client.send(#"40{"token":"good"}"#)
            messages.append(String(await client.next().prefix(10)))
            messages.append(await client.next())
            return messages
        }
        #expect(messages == [#"44{"message":"no way","data":{"code":7}}"#, #"40{"sid":""#, #"42["hello"]"#])
    }

    @Test func `a handler may end its own socket and take its own place`() async throws {
        let seen = try await onLoop {
            let tested = try SocketsUnderTest()
            let namespace = tested.sockets.namespace("/")
            var seen: [String] = []
            namespace.onBorrowed("leave") { socket, event in
                socket.disconnect()
                namespace.onBorrowed("leave") { _, _ in seen.append("second") }
                event.acknowledgeWithArguments()
                seen.append("first \(socket.id.count) \(socket.isConnected) \(event.arguments.count)")
            }
            let client = try await tested.connect()
            client.send(#"427["leave",1]"#)
            seen.append(await client.next())
            let other = try await tested.connect()
            other.send(#"42["leave"]"#)
            other.send("41")
            await until("the sockets have ended") { namespace.socketCount == 0 }
            return seen
        }
        #expect(seen == ["first 20 false 1", "41", "second"])
    }

    @Test func `a client that leaves while its middleware runs is never connected`() async throws {
        let connected = try await onLoop {
            let tested = try SocketsUnderTest()
            let gate = Gate()
            var connected = 0
            let namespace = tested.sockets.namespace("/")
            namespace.use { _ throws(ConnectRefusal) in await gate.wait() }
            namespace.onConnect { _ in connected += 1 }
            let client = try await tested.connect("")
            client.send("40")
            client.raw.close()
            await until("the sessions have ended") { tested.sockets.sessionCount == 0 }
            gate.open()
            await settle()
            return (connected, namespace.socketCount)
        }
        #expect(connected == (0, 0))
    }

    @Test func `joining twice ends the connection, also while the middleware runs`() async throws {
        let message = try await onLoop {
            let tested = try SocketsUnderTest()
            let gate = Gate()
            tested.sockets.namespace("/").use { _ throws(ConnectRefusal) in await gate.wait() }
            let client = try await tested.connect("")
            client.send("40")
            client.send("40")
            let message = await client.next()
            gate.open()
            return message
        }
        #expect(message == "close 1002")
    }

    @Test func `events go to their handlers, others to the one for unknown names`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            let namespace = tested.sockets.namespace("/")
            namespace.on("known") { socket, event in socket.emit("got", json: event.firstArgument ?? []) }
            namespace.onUnknown = { socket, event in
                event.acknowledge(Array("\"unknown \(event.name)\"".utf8))
                event.acknowledge(Array("2".utf8))
            }
            let client = try await tested.connect()
            client.send(#"42["known",{"a":"],"},2]"#)
            client.send(#"4217["other",1]"#)
            client.send(#"42["known"]"#)
            return await client.next(3)
        }
        #expect(messages == [#"42["got",{"a":"],"}]"#, #"4317["unknown other"]"#, #"42["got"]"#])
    }

    @Test func `an event that is acknowledged later is acknowledged once`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            tested.sockets.namespace("/").on("later") { _, event in
                Loop.start {
                    await Task.yield()
                    event.acknowledge(event.arguments)
                    event.acknowledge([])
                }
            }
            tested.sockets.namespace("/").on("now") { _, event in event.acknowledge([]) }
            let client = try await tested.connect()
            client.send(#"421["later",5]"#)
            let first = await client.next()
            client.send(#"422["now"]"#)
            return [first, await client.next()]
        }
        #expect(messages == ["431[5]", "432[]"])
    }

    @Test func `the server's own question is answered, or times out, or ends with the socket`() async throws {
        let (asked, results) = try await onLoop {
            let tested = try SocketsUnderTest()
            var results: [String] = []
            var socket: Socket?
            tested.sockets.namespace("/").onConnect { socket = $0 }
            let client = try await tested.connect()
            @Loop func ask() {
                socket?.emit("ask", json: Array("1".utf8), timeout: .seconds(5)) { result in
                    switch result {
                    case .success(let answer): results.append(String(decoding: answer.json, as: UTF8.self))
                    case .failure(let error): results.append("\(error)")
                    }
                }
            }
            for _ in 0..<3 { ask() }
            let asked = await client.next(3)
            client.send(#"430["yes",2]"#)
            client.send(#"430["again"]"#)
            client.send(#"4399["nobody asked"]"#)
            await until("a result") { !results.isEmpty }
            tested.timing.advance(by: .seconds(5))
            ask()
            client.raw.close()
            await until("every result") { results.count >= 4 }
            return (asked, results)
        }
        #expect(asked == [#"420["ask",1]"#, #"421["ask",1]"#, #"422["ask",1]"#])
        #expect(results == [#""yes",2"#, "timedOut", "timedOut", "disconnected"])
    }

    @Test func `a socket that the server ends is told so, and what was on its way is let pass`() async throws {
        let (messages, reasons) = try await onLoop {
            let tested = try SocketsUnderTest()
            let namespace = tested.sockets.namespace("/")
            var reasons: [String] = []
            namespace.onDisconnect { reasons.append($1.rawValue) }
            namespace.on("end") { socket, _ in socket.disconnect() }
            let client = try await tested.connect()
            client.send(#"42["end"]"#)
            client.send(#"42["late"]"#)
            client.send("40")
            let messages = await client.next(2)
            return ([messages[0], String(messages[1].prefix(2))], reasons)
        }
        #expect(messages == ["41", "40"])
        #expect(reasons == ["server namespace disconnect"])
    }

    @Test func `a socket that is ended with its connection takes the others along`() async throws {
        let (messages, reasons) = try await onLoop {
            let tested = try SocketsUnderTest()
            var reasons: [String] = []
            for name in ["/", "/a"] {
                tested.sockets.namespace(name).onDisconnect { reasons.append("\(name) \($1.rawValue)") }
            }
            tested.sockets.namespace("/").on("end") { socket, _ in socket.disconnect(close: true) }
            let client = try await tested.connect()
            client.send("40/a")
            _ = await client.next()
            client.send(#"42["end"]"#)
            return (await client.next(3), reasons)
        }
        #expect(messages == ["41", "41/a,", "close 1000"])
        #expect(reasons == ["/ server namespace disconnect", "/a server namespace disconnect"])
    }

    @Test func `a connection has so many namespaces and a socket so many rooms, and no more`() async throws {
        let (message, joined) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.maximumNamespacesPerConnection = 2
                $0.maximumRoomsPerSocket = 3
            }
            var joined: [Bool] = []
            tested.sockets.namespace("/").onConnect { socket in
                joined = ["a", "b", "b", "c", "d"].map { socket.join($0) }
            }
            for name in ["/1", "/2"] { tested.sockets.namespace(name) }
            let client = try await tested.connect()
            client.send("40/1")
            _ = await client.next()
            client.send("40/2")
            return (await client.next(), joined)
        }
        #expect(message == #"44/2,{"message":"Too many namespaces"}"#)
        #expect(joined == [true, true, true, true, false])
    }

    @Test func `large headers of the handshake are let go once a namespace is joined`() async throws {
        let (before, after) = try await onLoop {
            let tested = try SocketsUnderTest { $0.retainedHeaders = ["host"] }
            var before = 0
            var socket: Socket?
            tested.sockets.namespace("/").onConnect {
                before = $0.handshake.headers.count
                socket = $0
            }
            _ = try await tested.connect(#"40{"token":"x"}"#)
            return (before, (socket?.handshake.headers.count, socket?.auth.count))
        }
        #expect(before == 5)
        #expect(after == (1, 0))
    }
}
