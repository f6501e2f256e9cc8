public import Realtime
import Wire

/// What the nodes of this house bring to their own sockets by other ways, and other servers shall have too.
extension RedisAdapter {
    /// Tells other servers alone of an event for a room, once and at most once: nodes of this house that follow the room
    /// pass it over, and nothing is kept for recovery. `json`: raw JSON of the arguments, comma separated.
    public func tellPeers(_ event: String, json: [UInt8], room: String, in namespace: Namespace) {
        guard let own = channels[namespace.name] else { return }
        writer.removeAll()
        do throws(WireError) {
            try PeerBroadcast.append(
                event, json: json.span, attachments: [], namespace: namespace.name, uid: uid,
                target: PeerTarget(rooms: [room]), isVolatile: false, leavesRoom: true, to: &writer)
        } catch {
            statistics.unencodable += 1
            return
        }
        writer.value(Self.broughtOtherwise)
        bus.publish(foreign: own.channel(of: room), writer.bytes)
    }

    /// Stands where a place in the log would: other servers read three elements.
    static let broughtOtherwise = "-"
}
