import Domain
import EventLoop
import Realtime
import Services
import Store
import Wire

/// `POST admin/notifications`: a `notification` for the open sockets of a room, on every node. It is not kept for those who
/// are away; sockets with connection state recovery get what they missed while they were gone. Sent once under its
/// idempotency key; without one PostgreSQL has no part in it.
@Loop
struct NotificationRoutes {
    let support: RouteSupport
    let answers: KeptAnswers
    let namespace: Namespace
    let identifiers: IdentifierSource
    let timing: any Timing

    func register(on router: Router) {
        router.on(.post, "/api/v1/admin/notifications") { request in
            await support.authenticated(request, roles: [.admin]) { identity async throws(ServiceError) in
                try await send(support.input(request), of: identity, under: support.idempotency(request))
            }
        }
    }

    private func send(
        _ given: InputReader, of identity: Identity, under key: IdempotencyKey?
    ) async throws(ServiceError) -> Response {
        var input = given
        let room = input.text("to", characters: 1...80)
        let title = input.text("title", characters: 1...120)
        let text = input.text("text", characters: 1...500)
        let data = input.value("data")
        if !SocketRoom.isPublic(room) {
            input.report("to", "INVALID_VALUE", "must be all, role:ROLE, or user:, merchant: or order: with an id")
        }
        if let data, !data.isNull, data.objectValue == nil { input.report("data", "INVALID_TYPE", "must be an object") }
        try input.finish()
        var writer = JSONWriter(reservingCapacity: 512)
        writer.object {
            $0.field("id", identifiers.next().description)
            $0.field("to", room)
            $0.field("title", title)
            $0.field("text", text)
            if let data, !data.isNull { $0.field("data", data) }
            $0.field("at", TimeStamp(milliseconds: timing.wallMilliseconds).description)
        }
        var response = Response.json(200, writer.bytes)
        if let key {
            let kept = try await answers.keep(writer.bytes, status: 200, of: identity.account, under: key)
            response = .created(kept)
            if kept.isReplayed { return response }
        }
        let target = room == SocketRoom.all ? namespace.all : namespace.to(room)
        target.emit("notification", json: writer.bytes)
        return response
    }
}
