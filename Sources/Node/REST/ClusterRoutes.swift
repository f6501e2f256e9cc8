import Cluster
import Domain
import EventLoop
import Realtime
import Services
import Wire

/// `GET admin/cluster`, `GET admin/sockets?user=`: who is there, for the people on call.
@Loop
struct ClusterRoutes {
    let support: RouteSupport
    let membership: Membership
    let links: Links
    let view: ClusterView
    let namespace: Namespace
    let timing: any Timing

    func register(on router: Router) {
        router.on(.get, "/api/v1/admin/cluster") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                try support.allowQuery(request, [])
                return cluster()
            }
        }
        router.on(.get, "/api/v1/admin/sockets") { request in
            await support.authenticated(request, roles: [.admin]) { _ async throws(ServiceError) in
                try support.allowQuery(request, ["user", "limit", "cursor"])
                guard let text = request.query["user"] else { throw .invalid("user", "REQUIRED", "is required") }
                guard let user = UUID16(text) else {
                    throw .invalid("user", "INVALID_VALUE", "must be a user's id")
                }
                let (limit, after) = (try support.limit(request), try request.query["cursor"].map(SocketListing.cursor))
                let found = await namespace.to(SocketRoom.user(user)).fetchSockets()
                return .json(200, SocketListing(found).page(after: after, limit: limit))
            }
        }
    }

    // MARK: Nodes

    /// Of this node's own knowledge: nobody is asked.
    private func cluster() -> Response {
        view.heard(membership.current)
        let nodes = view.nodes
        var writer = JSONWriter(reservingCapacity: 256 + 384 * nodes.count)
        writer.object {
            $0.field("node", membership.current.name)
            // Whether Redis answers this node: without it a new node is not found.
            $0.field("current", membership.isCurrent)
            $0.field("nodes") { list in
                list.array { for entry in nodes { write(entry, to: &$0) } }
            }
            $0.field("missingNodes") { list in
                list.array { for entry in nodes where !answers(entry.member) { $0.value(entry.member.name) } }
            }
        }
        return .json(200, writer.bytes)
    }

    private func write(_ entry: ClusterView.Entry, to writer: inout JSONWriter) {
        let member = entry.member
        let (now, answers) = (timing.wallMilliseconds, answers(member))
        let heard = now - (timing.now - entry.heardAt).wholeMilliseconds
        writer.object {
            $0.field("name", member.name)
            $0.field("version", member.version)
            $0.field("address", member.address)
            $0.field("answers", answers)
            // What it said last; of one that does not answer nothing is known now.
            $0.field("status", answers ? member.status : Self.silentStatus)
            $0.field("draining", member.isLeaving)
            $0.field("startedAt", TimeStamp(milliseconds: member.startedMilliseconds).description)
            $0.field("uptime", max(0, (heard - member.startedMilliseconds) / 1000))
            $0.field("lastHeardAt", TimeStamp(milliseconds: heard).description)
            $0.field("sockets", member.sockets)
            $0.field("rooms", member.rooms)
            $0.field("loopLagMs", member.loopLagMilliseconds)
            $0.field("redis", member.reachesRedis ? "up" : "down")
            $0.field("postgres", member.reachesPostgres ? "up" : "down")
        }
    }

    private static let silentStatus = "silent"

    /// This node itself, or one whose link to here lives.
    private func answers(_ member: Member) -> Bool {
        if member.name == membership.current.name { return true }
        guard let epoch = UInt64(member.epoch, radix: 16), SessionOwner.isName(member.name) else { return false }
        return links.isAlive(SessionOwner(name: member.name, epoch: epoch))
    }
}
