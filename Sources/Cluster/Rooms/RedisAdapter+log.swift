import Realtime
import Wire

/// What the recovery log needs of the official format.
extension RedisAdapter {
    /// A broadcast as the log takes it; nil when its arguments are not JSON.
    func encode(_ packet: BroadcastPacket, _ namespace: Namespace) -> LoggedMessage? {
        guard let own = channels[namespace.name], let bytes = encode(packet, own, leavesRoom: true) else { return nil }
        return LoggedMessage(
            packet: packet, namespace: namespace, channel: own.channel(for: packet.target), bytes: bytes)
    }

    /// A message as the log keeps it, without its place; nil for one that is none, or is of no namespace here.
    /// `onlyForMembers`: for one, too, that concerns no socket here.
    func decode(_ channel: String, _ message: [UInt8], onlyForMembers: Bool) -> RedisRecoveryLog.Entry? {
        guard let own = channels.values.first(where: { channel.hasPrefix($0.all) }) else { return nil }
        // Where its place would stand, nothing.
        let whole = message + [0xC0]
        do throws(WireError) {
            guard let broadcast = try PeerBroadcast.decode(whole.span, passingOver: uid),
                !onlyForMembers || own.namespace.hasMembers(BroadcastTarget(broadcast.target))
            else { return nil }
            return (try packet(broadcast, whole, own), own.namespace)
        } catch {
            malformed()
            return nil
        }
    }

    /// On which broadcasts to a session come.
    func channels(of session: RecoverySession) -> [String] {
        guard let own = channels[session.namespace] else { return [] }
        let rooms = Set(session.rooms.keys).union(session.past.stays.map(\.room))
        return [own.all, own.channel(of: session.socketID)] + rooms.map { own.channel(of: $0) }
    }

    /// Returns when what is meant for the whole namespace, and for sockets that began here, comes; false when it does not.
    func isFollowed(_ namespace: String) async -> Bool {
        guard let own = channels[namespace] else { return false }
        do throws(ClusterError) {
            try await own.confirm()
            return true
        } catch {
            return false
        }
    }

    /// Whether this node follows the room for so long that how far it has come tells what of the room has come. The first mark
    /// after the subscription may have been on its way before it.
    func isSettled(_ room: String, _ namespace: String) -> Bool {
        guard let log, let followed = channels[namespace]?.rooms[room], followed.subscription.isConfirmed else {
            return false
        }
        return log.marks >= followed.marks + 2
    }

    /// The subscription that sockets here need for a broadcast and that Redis has not confirmed; nil when there is none.
    func awaited(for message: LoggedMessage) -> BusSubscription? {
        let rooms = message.packet.target.rooms
        guard rooms.count == 1, let subscription = channels[message.namespace.name]?.rooms[rooms[0]]?.subscription
        else { return nil }
        return subscription.isConfirmed ? nil : subscription
    }
}
