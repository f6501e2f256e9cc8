import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct SlowConsumerTests {
    /// A socket whose client does not read, and how much was accepted for it.
    @Loop private static func stalled(
        _ body: (SocketsUnderTest, Socket, SocketClient) async throws -> Void
    ) async throws -> [String] {
        let tested = try SocketsUnderTest {
            $0.engine.maximumQueuedBytes = 256 << 10
            $0.engine.volatileQueueLimit = 16 << 10
        }
        var socket: Socket?
        var reasons: [String] = []
        tested.sockets.namespace("/").onConnect { socket = $0 }
        tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
        let client = try await tested.connect()
        client.raw.stream.pauseReading()
        if let socket { try await body(tested, socket, client) }
        return reasons
    }

    private static let block = Array(("\"" + String(repeating: "x", count: 8_190) + "\"").utf8)

    @Loop private static func fill(_ socket: Socket, to limit: Int) async {
        // A turn of the loop lets the kernel take what it will.
        while socket.isConnected, socket.queuedBytes < limit {
            socket.emit("block", json: block)
            await Task.yield()
        }
    }

    @Test func `a client that reads nothing is ended with a reason of its own, its queue bounded`() async throws {
        let (reasons, slow) = try await onLoop {
            var slow: UInt64 = 0
            let reasons = try await Self.stalled { tested, socket, _ in
                await Self.fill(socket, to: .max)
                slow = tested.sockets.statistics.engine.slowConsumers
            }
            return (reasons, slow)
        }
        #expect(reasons == ["slow consumer"])
        #expect(slow == 1)
    }

    @Test func `a client that reads nothing is ended for many small packets too`() async throws {
        let (reasons, sent, figures) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.engine.maximumQueuedBytes = 64 << 20
                $0.engine.maximumQueuedPackets = 1_000
            }
            var socket: Socket?
            var reasons: [String] = []
            tested.sockets.namespace("/").onConnect { socket = $0 }
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            let client = try await tested.connect()
            client.raw.stream.pauseReading()
            var sent = 0
            if let socket {
                // More than one turn makes: the kernel takes no more.
                await Self.fill(socket, to: 256 << 10)
                while socket.isConnected, sent < 100_000 {
                    socket.emit("s")
                    sent += 1
                    if sent % 100 == 0 { await Task.yield() }
                }
            }
            return (reasons, sent, tested.sockets.statistics.engine)
        }
        #expect(reasons == ["slow consumer"])
        #expect(figures.slowConsumers == 1 && figures.slowByPackets == 1)
        #expect(sent > 900 && sent <= 1_001)
    }

    @Test func `packets are counted by the bytes that wait: never too few, and not many times too many`() {
        var waiting = WaitingPackets()
        var sizes: [Int] = []
        var wrong: [String] = []
        for number in 0..<10_000 {
            let size = 1 + number * 7 % 50
            waiting.add(size, behind: sizes.reduce(0, +))
            sizes.append(size)
            // The client reads, always some forty packets behind.
            if sizes.count > 40 { sizes.removeFirst(1 + number % 2) }
            if waiting.count < sizes.count || waiting.count > 3 * sizes.count {
                wrong.append("\(number): \(waiting.count) for \(sizes.count)")
            }
        }
        #expect(wrong.prefix(3) == [])
    }

    @Test func `volatile messages are dropped first, and the socket stays`() async throws {
        let (reasons, dropped, stays) = try await onLoop {
            var dropped: UInt64 = 0
            var stays = false
            let reasons = try await Self.stalled { tested, socket, _ in
                await Self.fill(socket, to: 64 << 10)
                let before = socket.queuedBytes
                for _ in 0..<1_000 { socket.emit("where", json: Self.block, volatile: true) }
                dropped = tested.sockets.statistics.engine.volatileDropped
                stays = socket.isConnected && socket.queuedBytes == before
            }
            return (reasons, dropped, stays)
        }
        #expect(reasons.isEmpty)
        #expect(dropped == 1_000)
        #expect(stays)
    }

    @Test func `who paces itself by the drain never ends a slow client`() async throws {
        let (reasons, sent) = try await onLoop {
            var sent = 0
            let reasons = try await Self.stalled { _, socket, client in
                client.raw.stream.resumeReading()
                // 4 MiB, 16 times what the queue holds.
                @Loop func more() {
                    while sent < 512, socket.queuedBytes < 64 << 10 {
                        socket.emit("block", json: Self.block)
                        sent += 1
                    }
                    if sent < 512 { socket.whenDrained { more() } }
                }
                more()
                for _ in 0..<512 { _ = await client.next() }
            }
            return (reasons, sent)
        }
        #expect(reasons.isEmpty)
        #expect(sent == 512)
    }

    @Test func `many slow clients together are bounded: those with most waiting are ended`() async throws {
        let (reasons, backlog, stays) = try await onLoop {
            let tested = try SocketsUnderTest {
                $0.engine.maximumQueuedBytes = 64 << 20
                $0.engine.maximumBacklog = 4 << 20
            }
            var sockets: [Socket] = []
            var reasons: [String] = []
            tested.sockets.namespace("/").onConnect { sockets.append($0) }
            tested.sockets.namespace("/").onDisconnect { reasons.append($1.rawValue) }
            var clients: [SocketClient] = []
            for _ in 0..<4 {
                let client = try await tested.connect()
                client.raw.stream.pauseReading()
                clients.append(client)
            }
            // The last client is behind by little.
            await Self.fill(sockets[3], to: 128 << 10)
            for round in 0..<8_000 where reasons.isEmpty {
                for socket in sockets.prefix(3) { socket.emit("block", json: Self.block) }
                if round % 8 == 0 { await Task.yield() }
            }
            return (reasons, tested.sockets.statistics.engine.backlogBytes, sockets[3].isConnected)
        }
        #expect(!reasons.isEmpty && reasons.allSatisfy { $0 == "slow consumer" })
        #expect(backlog <= 4 << 20)
        #expect(stays)
    }

    @Test func `what one turn of the loop makes does not end a client that reads`() async throws {
        let (reasons, count) = try await onLoop {
            var count = 0
            let reasons = try await Self.stalled { _, socket, client in
                client.raw.stream.resumeReading()
                // Four times what the queue holds, in one turn.
                for _ in 0..<128 { socket.emit("block", json: Self.block) }
                for _ in 0..<128 where await client.next().hasPrefix("42") { count += 1 }
            }
            return (reasons, count)
        }
        #expect(reasons.isEmpty)
        #expect(count == 128)
    }
}
