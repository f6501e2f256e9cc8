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
    let gateway: Gateway

    func register(on router: Router) {
        router.on(.get, "/api/v1/admin/cluster") { request in
            await support.authenticated(request, roles: [.admin]) { (_) async throws(ServiceError) in cluster() }
        }
        router.on(.get, "/api/v1/admin/sockets") { request in
            await support.authenticated(request, roles: [.admin]) { (_) async throws(ServiceError) in
                guard let text = request.query["user"], let account = UUID16(text) else {
                    throw ServiceError.invalid("user", "INVALID_VALUE", "must be a user's id")
                }
                return sockets(of: account)
            }
        }
    }

    private func cluster() -> Response {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.object {
            $0.field("current", membership.isCurrent)
            $0.field("nodes") { nodes in
                nodes.array {
                    for member in membership.members {
                        $0.object {
                            $0.field("name", member.name)
                            $0.field("version", member.version)
                            $0.field("address", member.address)
                            $0.field("status", member.status)
                            $0.field("startedAt", TimeStamp(milliseconds: member.startedMilliseconds).description)
                            $0.field("sockets", member.sockets)
                            $0.field("rooms", member.rooms)
                            $0.field("loopLagMs", member.loopLagMilliseconds)
                        }
                    }
                }
            }
        }
        return .json(200, writer.bytes)
    }

    /// Those on this node.
    private func sockets(of account: UUID16) -> Response {
        var writer = JSONWriter()
        writer.object {
            $0.field("data") { data in
                data.array {
                    for member in gateway.accounts[account] ?? [] where member.isOpen {
                        $0.object {
                            $0.field("id", member.socket.id)
                            $0.field("session", member.identity.session.description)
                            $0.field("address", member.socket.handshake.remoteAddress)
                            $0.field("ordersFollowed", member.subscriber.followedCount)
                            $0.field("queuedBytes", member.socket.queuedBytes)
                        }
                    }
                }
            }
            $0.nullField("nextCursor")
        }
        return .json(200, writer.bytes)
    }
}
