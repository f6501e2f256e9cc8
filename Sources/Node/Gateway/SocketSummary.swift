import Domain
import EventLoop
import Realtime
import Services
import Wire

/// A socket as an admin sees it and `fetchSockets` shows it: who it is, where, and how it does.
struct SocketSummary {
    private let writer: JSONWriter

    @Loop
    init(_ member: GatewaySocket, node: String) {
        var writer = JSONWriter(reservingCapacity: 384)
        writer.object {
            $0.field("node", node)
            $0.field("user", member.identity.account.description)
            $0.field("role", member.identity.role.rawValue)
            $0.field("session", member.identity.session.description)
            $0.field("connectedAt", TimeStamp(milliseconds: member.connectedMilliseconds).description)
            $0.field("transport", member.socket.transport.rawValue)
            $0.field("ordersFollowed", member.subscriber.followedCount)
            $0.field("queuedBytes", member.socket.queuedBytes)
        }
        self.writer = writer
    }

    /// Raw JSON: an object.
    var json: [UInt8] { writer.bytes }
}
