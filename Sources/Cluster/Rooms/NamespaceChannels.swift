import EventLoop
import Realtime
import Wire

/// One namespace's channels in the official format, and what of them this node follows.
@Loop
final class NamespaceChannels {
    let namespace: Namespace
    /// For every server; what follows it in a name is a room's.
    let all: String
    let request: String
    let response: String
    let ownResponse: String
    var common: [BusSubscription] = []
    /// Hears every room's channel but those that begin with this node's own characters.
    var heardRoom: Bus.ChannelHandler = { _, _ in }
    /// By the room's name.
    var rooms: [String: FollowedRoom] = [:]

    init(_ namespace: Namespace, uid: String) {
        self.namespace = namespace
        all = "socket.io#\(namespace.name)#"
        request = "socket.io-request#\(namespace.name)#"
        response = "socket.io-response#\(namespace.name)#"
        ownResponse = response + uid + "#"
    }

    func channel(of room: String) -> String { all + room + "#" }

    func channel(for target: BroadcastTarget) -> String {
        target.rooms.count == 1 ? channel(of: target.rooms[0]) : all
    }

    var isConfirmed: Bool { common.allSatisfy(\.isConfirmed) }

    func confirm() async throws(ClusterError) {
        for subscription in common { try await subscription.confirmed() }
    }
}

/// A room's channel.
struct FollowedRoom {
    let subscription: BusSubscription
    /// Of the log when it was opened.
    let marks: UInt32
    /// A room of that name, and a socket with that id.
    var uses: UInt32 = 1
}

extension PeerTarget {
    init(_ target: BroadcastTarget) { self.init(rooms: target.rooms, except: target.except) }
}

extension BroadcastTarget {
    init(_ target: PeerTarget) { self.init(rooms: target.rooms, except: target.except) }
}

extension Namespace {
    /// Whether a socket of this node may be meant.
    func hasMembers(_ target: BroadcastTarget) -> Bool {
        target.rooms.isEmpty ? socketCount > 0 : target.rooms.contains(where: hasMembers)
    }
}
