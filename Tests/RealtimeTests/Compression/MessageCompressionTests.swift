import EventLoop
import TestSupport
import Testing
import Wire

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct MessageCompressionTests {
    /// A client that has offered permessage-deflate, past the handshake, and the server's answer to the offer.
    @Loop private static func connect(
        _ tested: SocketsUnderTest, offer: String = "permessage-deflate; client_max_window_bits"
    ) async throws -> (client: SocketClient, answer: String?) {
        let (client, head) = try await SocketClient.openWithHead(
            tested.port, extra: "Sec-WebSocket-Extensions: \(offer)\r\n")
        client.send("40")
        _ = await client.next()
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-extensions") }
        return (client, line.map { String($0.drop { $0 != ":" }.dropFirst(2)) })
    }

    @Loop private static func server(_ change: (inout MessageCompressionOptions) -> Void = { _ in }) throws
        -> SocketsUnderTest
    {
        var compression = MessageCompressionOptions()
        change(&compression)
        let tested = try SocketsUnderTest {
            $0.engine.messageCompression = compression
            $0.engine.maximumPayload = 100_000
        }
        tested.sockets.namespace("/").on("back") { $0.emit("back", json: $1.arguments) }
        tested.sockets.namespace("/").on("plain") { $0.emit("back", json: $1.arguments, compress: false) }
        return tested
    }

    @Loop private static func deflated(_ text: String) throws -> [UInt8] {
        let deflater = try #require(Deflater(.raw))
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBytes { deflater.flush($0, to: &bytes) }
        return Array(bytes.dropLast(4))
    }

    private static let long = "\"" + String(repeating: "lastmile ", count: 200) + "\""

    @Test func `without the option an offer is not answered`() async throws {
        let answer = try await onLoop {
            let tested = try SocketsUnderTest()
            let answer = try await Self.connect(tested).answer
            return tested.sockets.sessionCount == 1 ? answer : "no session"
        }
        #expect(answer == nil)
    }

    @Test func `long messages go compressed both ways, short ones and those that ask for it plain`() async throws {
        let (answer, sizes, messages, figures) = try await onLoop {
            let tested = try Self.server()
            let (client, answer) = try await Self.connect(tested)
            client.send(compressed: try Self.deflated("42[\"back\",\(Self.long)]"))
            var sizes: [Int] = []
            var messages: [String] = []
            for packet in ["", "42[\"back\",1]", "42[\"plain\",\(Self.long)]"] {
                if !packet.isEmpty { client.send(packet) }
                messages.append(await client.next())
                sizes.append(client.lastPayload)
            }
            return (answer, sizes, messages, tested.sockets.statistics.engine)
        }
        #expect(answer == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        #expect(messages == ["42[\"back\",\(Self.long)]", "42[\"back\",1]", "42[\"back\",\(Self.long)]"])
        #expect(sizes[0] < 100 && sizes[2] > 1_800)
        #expect(figures.inflatedMessages == 1 && figures.deflatedMessages == 1)
    }

    @Test func `a broadcast is compressed once for all who share the parameters`() async throws {
        let (messages, isShared) = try await onLoop {
            let tested = try Self.server()
            let first = try await Self.connect(tested).client
            let second = try await Self.connect(tested).client
            let plain = try await tested.connect()
            let namespace = tested.sockets.namespace("/")
            let frame = namespace.encode("e", json: Array(Self.long.utf8))
            var bytes: [[UInt8]?] = []
            namespace.forEachSocket(BroadcastTarget()) { $0.send(frame) }
            let messages = [await first.next(), await second.next(), await plain.next()]
            let compression = SharedCompressions(MessageCompressionOptions()).accept(["permessage-deflate"])
            if let compression {
                for _ in 0..<2 { bytes.append(frame.bytes(compressedBy: compression, from: 1_024)) }
            }
            let addresses = bytes.map { $0?.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
            return (messages, addresses[0] == addresses[1])
        }
        #expect(messages == Array(repeating: "42[\"e\",\(Self.long)]", count: 3))
        #expect(isShared)
    }

    @Test func `a compression bomb ends its connection with 1009, other breakage with 1007`() async throws {
        let (closes, refused) = try await onLoop {
            let tested = try Self.server()
            var closes: [String] = []
            let bomb = try Self.deflated(String(repeating: "a", count: 100_001))
            for payload in [bomb, [0xff]] {
                let client = try await Self.connect(tested).client
                client.send(compressed: payload)
                closes.append(await client.next())
            }
            return (closes, tested.sockets.statistics.engine.refusedInflations)
        }
        #expect(closes == ["close 1009", "close 1007"])
        #expect(refused == 2)
    }

    @Test func `a compressed message is checked to be UTF-8`() async throws {
        let close = try await onLoop {
            let tested = try Self.server()
            let client = try await Self.connect(tested).client
            // A stored block of the bytes "4" and 0xFF.
            client.send(compressed: [0x00, 0x02, 0x00, 0xfd, 0xff, 0x34, 0xff, 0x00])
            return await client.next()
        }
        #expect(close == "close 1007")
    }

    @Test func `a compressed frame that was not agreed on ends the connection`() async throws {
        let close = try await onLoop {
            let tested = try SocketsUnderTest()
            let client = try await tested.connect()
            client.send(compressed: try Self.deflated("42[\"e\"]"))
            return await client.next()
        }
        #expect(close == "close 1002")
    }

    @Test func `windows are kept where the option says so, for as many connections as it allows`() async throws {
        let (answers, sizes) = try await onLoop {
            let tested = try Self.server {
                $0.keepsContext = true
                $0.maximumContexts = 1
                $0.threshold = 100
            }
            let (client, first) = try await Self.connect(tested)
            let second = try await Self.connect(tested).answer
            // Random text, which only a kept window makes shorter the second time.
            let text = "42[\"back\",\"\(Identifier.random(500))\"]"
            var sizes: [Int] = []
            for _ in 0..<2 {
                client.send(text)
                #expect(await client.next() == text)
                sizes.append(client.lastPayload)
            }
            return ([first, second], sizes)
        }
        #expect(
            answers == [
                "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            ])
        #expect(sizes[0] > 300 && sizes[1] < 50)
    }
}
