import Cluster
import EventLoop
import Realtime
import Wire

/// What official servers on the same Redis may ask of every node (`serverSideEmit` with an acknowledgement).
@Loop
struct ServerQuestions {
    let membership: Membership

    /// `lastmile_node`: how the node is. To other events a node has nothing to say; who asks them waits as for a server
    /// without a listener.
    private static let node = "lastmile_node"

    func register(on namespace: Namespace) {
        namespace.onServerSideRequest = { [membership] event, _, answer in
            guard event == Self.node else { return }
            let own = membership.current
            var writer = JSONWriter(reservingCapacity: 256)
            writer.object {
                $0.field("name", own.name)
                $0.field("version", own.version)
                $0.field("status", own.status)
                $0.field("sockets", own.sockets)
                $0.field("rooms", own.rooms)
                $0.field("loopLagMs", own.loopLagMilliseconds)
                $0.field("redis", own.reachesRedis ? "up" : "down")
                $0.field("postgres", own.reachesPostgres ? "up" : "down")
            }
            answer(writer.bytes)
        }
    }
}
