import Domain
import EventLoop
import Realtime
import Services
import Store
import Wire

/// What a client asks of the gateway itself: following orders, and a fresh token for an open socket.
@Loop
struct SubscriptionEvents {
    let gateway: Gateway
    let store: Store
    let accounts: Accounts

    func register(on namespace: Namespace) {
        namespace.on("order_subscribe") { socket, event in run(socket, event, subscribe) }
        namespace.on("order_unsubscribe") { socket, event in run(socket, event, unsubscribe) }
        namespace.on("admin_subscribe") { socket, event in run(socket, event, subscribeToEverything) }
        namespace.on("auth_refresh") { socket, event in run(socket, event, refresh) }
        namespace.onUnknown = { _, event in
            event.acknowledge(
                Acknowledgement.error(code: "UNKNOWN_EVENT", message: "This node does not serve \(event.name)."))
        }
    }

    private typealias Body = @Loop (GatewaySocket, inout InputReader, IncomingEvent) async throws(ServiceError) -> Void

    private func run(_ socket: Socket, _ event: IncomingEvent, _ body: @escaping Body) {
        guard let member = socket.context as? GatewaySocket else { return }
        Loop.start {
            do throws(ServiceError) {
                var input = try InputReader(body: event.firstArgument ?? Array("{}".utf8))
                try await body(member, &input, event)
            } catch {
                event.acknowledge(Acknowledgement.error(error))
            }
        }
    }

    private func subscribe(
        _ member: GatewaySocket, _ input: inout InputReader, _ event: IncomingEvent
    ) async throws(ServiceError) {
        let order = input.id("orderId")
        let after = input.optionalInteger("after", in: 0...Int64(Int32.max)) ?? 0
        try input.finish()
        // An admin's interest comes first, so that nothing falls between the statement and the channel.
        if member.identity.role == .admin { await gateway.watch(member) }
        member.subscriber.beginSubscribe(order, cursor: gateway.cursor)
        var version: Int?
        defer {
            member.subscriber.endSubscribe(order, version: version)
            gateway.queueFill(member)
        }
        let snapshot: OrderSnapshot?
        do throws(StoreError) {
            snapshot = try await store.orderSnapshot(
                order, account: member.identity.account, role: member.identity.role, after: Int(after))
        } catch {
            throw .unavailable
        }
        guard let snapshot else { throw .notFound }
        version = snapshot.events.last?.seq ?? snapshot.version
        await gateway.enterRoom(of: order, member)
        event.acknowledge(
            Acknowledgement.ok {
                $0.field("order", raw: snapshot.json)
                var events = JSONWriter()
                events.array { for event in snapshot.events { $0.value(raw: event.json) } }
                $0.field("events", raw: events.bytes)
            })
    }

    private func unsubscribe(
        _ member: GatewaySocket, _ input: inout InputReader, _ event: IncomingEvent
    ) async throws(ServiceError) {
        let order = input.id("orderId")
        try input.finish()
        member.subscriber.unsubscribe(order)
        member.socket.leave(SocketRoom.order(order))
        event.acknowledge(Acknowledgement.ok)
    }

    private func subscribeToEverything(
        _ member: GatewaySocket, _ input: inout InputReader, _ event: IncomingEvent
    ) async throws(ServiceError) {
        try input.finish()
        guard member.identity.role == .admin else { throw .forbidden }
        await gateway.watch(member)
        member.subscriber.beginEverything()
        var snapshot: TransactionSnapshot?
        do throws(StoreError) {
            snapshot = TransactionSnapshot(try await store.currentSnapshot())
        } catch {
            _ = member.subscriber.endEverything(nil)
            throw .unavailable
        }
        event.acknowledge(Acknowledgement.ok)
        for early in member.subscriber.endEverything(snapshot) { gateway.offer(early, to: member) }
        gateway.queueFill(member)
    }

    private func refresh(
        _ member: GatewaySocket, _ input: inout InputReader, _ event: IncomingEvent
    ) async throws(ServiceError) {
        let token = input.text("token", characters: 1...4096)
        try input.finish()
        let identity = try await accounts.authenticate(token)
        guard identity == member.identity else {
            throw ServiceError(.forbidden, "FORBIDDEN", "The token belongs to another session.")
        }
        let expiry = try accounts.accessExpiry(token)
        event.acknowledge(Acknowledgement.ok { $0.field("expiresAt", expiry.description) })
    }
}
