import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct NamespacePatternTests {
    /// What a client gets for these packets, the random parts left out.
    @Loop private static func transcript(_ tested: SocketsUnderTest, _ packets: String...) async throws -> [String] {
        let client = try await SocketClient.open(tested.port)
        var lines: [String] = []
        for packet in packets {
            client.send(packet)
            lines.append(shown(await client.next()))
        }
        return lines
    }

    private static func shown(_ message: String) -> String {
        message.hasPrefix("40") ? String(message.prefix { $0 != "{" }) + "{…}" : message
    }

    @Test func `a name that matches is made for its first client, with the pattern's middlewares and handlers`()
        async throws
    {
        let (lines, names, made) = try await onLoop {
            let tested = try SocketsUnderTest()
            var made: [String] = []
            let pattern = tested.sockets.namespaces { name, _ in
                name.wholeMatch(of: /\/dynamic-\d+/) != nil
            } configure: { namespace in
                made.append(namespace.name)
                namespace.use { socket throws(ConnectRefusal) in
                    if socket.auth.elementsEqual(#"{"no":1}"#.utf8) { throw ConnectRefusal(message: "not you") }
                }
                namespace.on("who") { socket, event in event.acknowledge(Array("\"\(socket.namespace.name)\"".utf8)) }
            }
            let lines = try await Self.transcript(
                tested, "40/dynamic-101", #"42/dynamic-101,7["who"]"#, "40/dynamic-x", #"40/dynamic-102,{"no":1}"#,
                "40/dynamic-102,", #"42/dynamic-102,8["who"]"#)
            _ = try await Self.transcript(tested, "40/dynamic-101")
            return (lines, pattern.namespaces.map(\.name).sorted(), made)
        }
        #expect(
            lines == [
                "40/dynamic-101,{…}", #"43/dynamic-101,7["/dynamic-101"]"#,
                #"44/dynamic-x,{"message":"Invalid namespace"}"#, #"44/dynamic-102,{"message":"not you"}"#,
                "40/dynamic-102,{…}", #"43/dynamic-102,8["/dynamic-102"]"#,
            ])
        #expect(names == ["/dynamic-101", "/dynamic-102"])
        #expect(made == names)
    }

    @Test func `patterns are asked in order, may take their time, and see the auth`() async throws {
        let (lines, asked) = try await onLoop {
            let tested = try SocketsUnderTest()
            var asked: [String] = []
            tested.sockets.namespace("/fixed")
            tested.sockets.namespaces { name, auth in
                await Task.yield()
                asked.append("first \(name)")
                return auth.elementsEqual(#"{"key":1}"#.utf8)
            } configure: {
                $0.onConnect { $0.emit("first") }
            }
            tested.sockets.namespaces { name, _ in
                asked.append("second \(name)")
                return name == "/b"
            } configure: {
                $0.onConnect { $0.emit("second") }
            }
            let client = try await SocketClient.open(tested.port)
            var lines: [String] = []
            for (packet, answers) in [(#"40/a,{"key":1}"#, 2), ("40/b", 2), ("40/c", 1), ("40/fixed", 1)] {
                client.send(packet)
                lines += await client.next(answers).map(Self.shown)
            }
            return (lines, asked)
        }
        #expect(
            lines == [
                "40/a,{…}", #"42/a,["first"]"#, "40/b,{…}", #"42/b,["second"]"#,
                #"44/c,{"message":"Invalid namespace"}"#, "40/fixed,{…}",
            ])
        #expect(asked == ["first /a", "first /b", "second /b", "first /c", "second /c"])
    }

    @Test func `joining twice while the pattern thinks ends the connection`() async throws {
        let (close, names) = try await onLoop {
            let tested = try SocketsUnderTest()
            let gate = Gate()
            let pattern = tested.sockets.namespaces { _, _ in
                await gate.wait()
                return true
            } configure: { _ in
            }
            let client = try await SocketClient.open(tested.port)
            client.send("40/a")
            client.send("40/a")
            let close = await client.next()
            gate.open()
            await settle()
            return (close, pattern.namespaces.count)
        }
        #expect(close == "close 1002")
        #expect(names == 0)
    }

    @Test func `two clients that ask for one name at once get the same namespace`() async throws {
        let (made, sockets) = try await onLoop {
            let tested = try SocketsUnderTest()
            let gate = Gate()
            var made = 0
            let pattern = tested.sockets.namespaces { _, _ in
                await gate.wait()
                return true
            } configure: { _ in
                made += 1
            }
            let clients = [try await SocketClient.open(tested.port), try await SocketClient.open(tested.port)]
            for client in clients { client.send("40/a") }
            await settle()
            gate.open()
            for client in clients { _ = await client.next() }
            return (made, pattern.namespaces.map(\.socketCount))
        }
        #expect(made == 1)
        #expect(sockets == [2])
    }

    @Test func `an empty namespace goes after a while, also when its only client was refused, and is made anew`()
        async throws
    {
        let counts = try await onLoop {
            let tested = try SocketsUnderTest { $0.emptyNamespaceTime = .seconds(10) }
            let pattern = tested.sockets.namespaces { _, _ in
                true
            } configure: { namespace in
                guard namespace.name == "/closed" else { return }
                namespace.use { _ throws(ConnectRefusal) in throw ConnectRefusal(message: "no") }
            }
            var counts: [Int] = []
            @Loop func note() { counts.append(pattern.namespaces.count) }
            let client = try await SocketClient.open(tested.port)
            for packet in ["40/open", "40/closed"] {
                client.send(packet)
                _ = await client.next()
            }
            note()
            tested.timing.advance(by: .seconds(11))
            note()
            client.send("41/open")
            client.send("40/other")
            _ = await client.next()
            tested.timing.advance(by: .seconds(5))
            note()
            // Somebody in it again: the time begins anew when that one leaves.
            client.send("40/open")
            _ = await client.next()
            tested.timing.advance(by: .seconds(6))
            note()
            client.raw.close()
            await until("the sessions have ended") { tested.sockets.sessionCount == 0 }
            tested.timing.advance(by: .seconds(11))
            note()
            return counts + [tested.sockets.statistics.dynamicNamespaces]
        }
        #expect(counts == [2, 1, 2, 2, 0, 0])
    }

    @Test func `a namespace that went is freed, though its handlers hold it`() async throws {
        let isFreed = try await onLoop {
            let tested = try SocketsUnderTest { $0.emptyNamespaceTime = .seconds(10) }
            weak var made: Namespace?
            let pattern = tested.sockets.namespaces { _, _ in
                true
            } configure: { namespace in
                made = namespace
                namespace.onConnect { _ in namespace.emit("hello") }
                namespace.on("all") { _, _ in namespace.emit("all") }
                namespace.onDisconnect { _, _ in namespace.emit("bye") }
            }
            let client = try await SocketClient.open(tested.port)
            client.send("40/held")
            _ = await client.next()
            #expect(made != nil && pattern.namespaces.count == 1)
            client.raw.close()
            await until("the sessions have ended") { tested.sockets.sessionCount == 0 }
            tested.timing.advance(by: .seconds(11))
            // Some turns of the loop: what ended is held to the end of its turn.
            _ = try await SocketClient.open(tested.port)
            return made == nil
        }
        #expect(isFreed)
    }

    @Test func `namespaces of a pattern that keeps them stay`() async throws {
        let count = try await onLoop {
            let tested = try SocketsUnderTest()
            let pattern = tested.sockets.namespaces(where: { _, _ in true }, removesEmpty: false) { _ in }
            _ = try await Self.transcript(tested, "40/a", "40/b")
            for session in tested.sockets.engine.openSessions { session.close(.transportError) }
            tested.timing.advance(by: .seconds(3_600))
            return pattern.namespaces.count
        }
        #expect(count == 2)
    }

    @Test func `a node makes so many: an empty one gives way, else the client is refused and counted`() async throws {
        let (lines, names, refused) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.maximumDynamicNamespaces = 2
                $0.maximumNamespacesPerConnection = 3
            }
            let pattern = tested.sockets.namespaces { _, _ in
                true
            } configure: { _ in
            }
            let client = try await SocketClient.open(tested.port)
            var lines: [String] = []
            for packet in ["40/a", "40/b", "40/c"] {
                client.send(packet)
                lines.append(Self.shown(await client.next()))
            }
            client.send("41/a")
            client.send("40/c")
            lines.append(Self.shown(await client.next()))
            client.send("40")
            client.send("40/d")
            lines += await client.next(2).map(Self.shown)
            return (lines, pattern.namespaces.map(\.name).sorted(), tested.sockets.statistics.refusedNamespaces)
        }
        #expect(
            lines == [
                "40/a,{…}", "40/b,{…}", #"44/c,{"message":"Too many namespaces"}"#, "40/c,{…}", "40{…}",
                #"44/d,{"message":"Too many namespaces"}"#,
            ])
        #expect(names == ["/b", "/c"])
        #expect(refused == 2)
    }

    @Test func `a client that asks for thousands of namespaces gets as many as it may, and the node keeps no more`()
        async throws
    {
        let (joined, refused, kept) = try await onLoop {
            let tested = try SocketsUnderTest()
            let pattern = tested.sockets.namespaces { _, _ in
                true
            } configure: { _ in
            }
            let client = try await SocketClient.open(tested.port)
            for number in 0..<5_000 { client.send("40/\(number)") }
            var joined = 0
            for message in await client.next(5_000) where message.hasPrefix("40") { joined += 1 }
            return (joined, tested.sockets.statistics.refusedNamespaces, pattern.namespaces.count)
        }
        #expect(joined == 16)
        #expect(refused == 4_984)
        #expect(kept == 16)
    }

    @Test func `a session is recovered in a namespace that went meanwhile`() async throws {
        let (first, messages) = try await onLoop {
            let timing = ManualTiming()
            let tested = try SocketsUnderTest(timing: timing, recovery: LocalRecoveryLog(timing: timing)) {
                $0.recoveryMode = .always
            }
            let pattern = tested.sockets.namespaces { _, _ in
                true
            } configure: { namespace in
                namespace.onConnect { $0.join("room") }
            }
            let client = try await SocketClient.open(tested.port)
            client.send("40/a")
            let first = await client.next()
            let pid = first.split(separator: "\"")[7]
            pattern.namespace("/a")?.to("room").emit("one")
            let offset = (await client.next()).split(separator: "\"")[3]
            client.raw.close()
            await until("the sessions have ended") { tested.sockets.sessionCount == 0 }
            timing.advance(by: .seconds(20))
            #expect(pattern.namespaces.isEmpty)
            pattern.namespace("/a")?.to("room").emit("two")
            let again = try await SocketClient.open(tested.port)
            again.send(#"40/a,{"pid":"\#(pid)","offset":"\#(offset)"}"#)
            return (first, await again.next(2))
        }
        #expect(messages[0].hasPrefix(#"42/a,["two","#))
        #expect(messages[1] == first)
    }
}
