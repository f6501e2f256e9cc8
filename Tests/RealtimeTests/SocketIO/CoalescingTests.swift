import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct CoalescingTests {
    @Loop private static func emit(_ socket: Socket, _ value: Int, key: String) {
        socket.emit("where", json: Array("\"\(key)\",\(value)".utf8), coalescing: key)
    }

    @Test func `a client that keeps up gets every event`() async throws {
        let messages = try await onLoop {
            let tested = try SocketsUnderTest()
            var socket: Socket?
            tested.sockets.namespace("/").onConnect { socket = $0 }
            let client = try await tested.connect()
            for value in 0..<3 { if let socket { Self.emit(socket, value, key: "a") } }
            return await client.next(3)
        }
        #expect(messages == (0..<3).map { "42[\"where\",\"a\",\($0)]" })
    }

    @Test func `of what a client is behind with only the newest of each key comes, after what waited`() async throws {
        let (messages, coalesced) = try await onLoop {
            let tested = try SocketsUnderTest { $0.engine.maximumQueuedBytes = 16 << 20 }
            var socket: Socket?
            tested.sockets.namespace("/").onConnect { socket = $0 }
            let client = try await tested.connect()
            let joined = try #require(socket)
            client.raw.stream.pauseReading()
            let block = Array(("\"" + String(repeating: "x", count: 65_536) + "\"").utf8)
            var blocks = 0
            // The kernel takes a few MiB before anything waits here.
            while joined.queuedBytes < 256 << 10, joined.isConnected {
                joined.emit("block", json: block)
                blocks += 1
                await settle()
            }
            for value in 0..<100 {
                Self.emit(joined, value, key: "a")
                Self.emit(joined, value, key: "b")
            }
            client.raw.stream.resumeReading()
            _ = await client.next(blocks)
            let last = await client.next(2)
            joined.emit("end")
            return (last + [await client.next()], tested.sockets.statistics.engine.coalesced)
        }
        #expect(messages == [#"42["where","a",99]"#, #"42["where","b",99]"#, #"42["end"]"#])
        #expect(coalesced == 198)
    }

    @Test func `while no poll is held the newest waits for the next, and volatile events do not`() async throws {
        let (bodies, dropped) = try await onLoop {
            let tested = try SocketsUnderTest()
            var socket: Socket?
            tested.sockets.namespace("/").onConnect { socket = $0 }
            let client = try await PollingClient.open(tested.port)
            try await client.post("40")
            _ = try await client.get()
            let joined = try #require(socket)
            for value in 0..<5 { Self.emit(joined, value, key: "a") }
            joined.emit("gone", volatile: true)
            let body = try await client.get()?.body
            return ([body], tested.sockets.statistics.engine.volatileDropped)
        }
        #expect(bodies == [#"42["where","a",4]"#])
        #expect(dropped == 1)
    }

    @Test func `a client with more keys than are kept loses the oldest`() async throws {
        let (kept, frames) = try await onLoop {
            let tested = try SocketsUnderTest()
            let frame = tested.sockets.namespace("/").encode("e")
            let frames = CoalescedFrames()
            let kept = (0..<300).filter { frames.keep(frame, key: String($0)) }.count
            return (kept, frames.take().count)
        }
        #expect(kept == 256 && frames == 256)
    }
}
