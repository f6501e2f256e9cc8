import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

/// A namespace that comes to be when its first client asks for it.
@Suite(.timeLimit(.minutes(1)))
struct NewNamespaceTests {
    @Loop
    private final class Seen {
        var confirmed: [Bool] = []
    }

    @Test func `its clients are in when what other nodes send to it comes here`() async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let node = try await RecoveryNode.up(redis)
            let seen = Seen()
            node.server.namespaces { _, _ in
                true
            } configure: { namespace in
                namespace.onConnect { _ in seen.confirmed.append(node.adapter.isConfirmed(namespace)) }
            }
            let clients = [try await PollingClient.connect(node.port), try await PollingClient.connect(node.port)]
            for client in clients { await client.send("0/new,") }
            for client in clients { await client.packet { $0.hasPrefix("0/new,{") } }
            #expect(seen.confirmed == [true, true])
            await node.down()
        }
    }

    @Test func `without Redis they are in all the same`() async throws {
        let redis = try PrivateRedis()
        try await onLoop {
            let node = try await RecoveryNode.up(redis)
            node.server.namespaces { _, _ in
                true
            } configure: { _ in
            }
            let client = try await PollingClient.connect(node.port)
            try redis.pause()
            await client.send("0/new,")
            await client.packet { $0.hasPrefix("0/new,{") }
            #expect(!client.isClosed)
            redis.resume()
            await node.down()
        }
    }
}
