import Realtime
import Testing

@testable import Cluster

@Suite struct RoomMessageTests {
    private static let target = BroadcastTarget(rooms: ["a", "é"], except: ["b"])

    private static let messages: [RoomMessage] = [
        .broadcast(
            BroadcastPacket(
                target: target, flags: .volatile, event: "e", json: Array("{\"x\":1}".utf8),
                attachments: [[0, 255], []])),
        .join(target, rooms: ["r"]), .leave(target, rooms: []), .disconnect(target, close: true),
        .fetch(target, request: 7, asker: "abcdef"),
        .fetched(request: .max, node: "n", [SocketDescription(id: "i", rooms: ["r"], remoteAddress: "::1")]),
        .serverSideEmit(event: "e", json: []),
    ]

    @Test(arguments: messages)
    func `a message comes back as it was`(message: RoomMessage) throws {
        let bytes = message.encoded(sender: 42, namespace: "/n")
        let decoded = try #require(RoomMessage.decode(bytes))
        #expect(decoded.sender == 42)
        #expect(decoded.namespace == "/n")
        #expect(String(describing: decoded.message) == String(describing: message))
    }

    @Test(arguments: messages)
    func `a message cut short anywhere is refused`(message: RoomMessage) {
        let bytes = message.encoded(sender: 42, namespace: "/n")
        for count in 0..<bytes.count { #expect(RoomMessage.decode(Array(bytes.prefix(count))) == nil) }
    }

    @Test func `an unknown version or kind, and counts that lie, are refused`() {
        var bytes = RoomMessage.serverSideEmit(event: "e", json: []).encoded(sender: 1, namespace: "/")
        bytes[0] = 2
        #expect(RoomMessage.decode(bytes) == nil)
        bytes[0] = 1
        bytes[1] = 99
        #expect(RoomMessage.decode(bytes) == nil)
        bytes[1] = 3
        bytes.replaceSubrange(15..., with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(RoomMessage.decode(bytes) == nil)
    }
}
