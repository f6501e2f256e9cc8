import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

struct SentBroadcastsTests {
    @Loop
    private struct Scene {
        let namespace = SocketServer(options: SocketServerOptions()).namespace("/")
        var sent = SentBroadcasts(limit: 3)

        mutating func send(_ values: Int...) {
            sent.append(
                values.map { value in
                    LoggedMessage(
                        packet: BroadcastPacket(target: BroadcastTarget(), event: "\(value)", json: []),
                        namespace: namespace, channel: "c", bytes: Array("message \(value);".utf8))
                })
        }

        /// What comes back at a place.
        mutating func take(_ value: Int, _ place: String) -> String? {
            let message = Array("message \(value);".utf8) + [0xD9, UInt8(place.utf8.count)] + Array(place.utf8)
            return sent.take(message).map { "\($0.sent.packet.event) at \($0.place.text)" }
        }
    }

    @Test func `each is found once, in order, whatever does not come`() async throws {
        try await onLoop {
            var scene = Scene()
            scene.send(1, 2)
            scene.send(3)
            #expect(scene.take(2, "life.7") == "2 at life.7")
            #expect(scene.take(2, "life.8") == nil)
            // Not sent by this node's last batches, or before what came already.
            #expect(scene.take(1, "life.8") == nil && scene.take(9, "life.8") == nil)
            #expect(scene.take(3, "life.9") == "3 at life.9")
        }
    }

    @Test func `only so many are kept`() async throws {
        try await onLoop {
            var scene = Scene()
            for value in 1...20 { scene.send(value) }
            #expect(scene.take(17, "life.1") == nil)
            #expect(scene.take(18, "life.1") == "18 at life.1")
        }
    }

    @Test func `what has no place, or more behind it, is none`() async throws {
        try await onLoop {
            var scene = Scene()
            scene.send(1)
            #expect(scene.take(1, "nowhere") == nil)
            var isKnown = scene.sent.take(Array("message 1;".utf8)) != nil
            #expect(!isKnown)
            isKnown = scene.sent.take(Array("message 1;".utf8) + [0xD9, 6] + Array("life.1 ".utf8)) != nil
            #expect(!isKnown)
            #expect(scene.take(1, "life.1") == "1 at life.1")
        }
    }
}
