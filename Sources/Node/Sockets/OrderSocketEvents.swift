import Domain
import EventLoop
import Realtime
import Services
import Telemetry
import Wire

/// `order_status`: a change of status, as `PATCH orders/{id}`.
@Loop
struct OrderSocketEvents {
    let orders: Orders
    let identifiers: IdentifierSource
    let log: Log
    /// Who is behind a socket; nil when it has ended.
    let identify: @Loop (Socket) -> Identity?

    func register(on namespace: Namespace) {
        namespace.on("order_status") { socket, event in
            guard let identity = identify(socket) else { return }
            Loop.start {
                event.acknowledge(await answer(event.firstArgument ?? [], of: identity))
            }
        }
    }

    private func answer(_ payload: [UInt8], of identity: Identity) async -> [UInt8] {
        let correlation = identifiers.next().description
        do throws(ServiceError) {
            let answer = try await orders.move(
                naming: InputReader(body: payload), by: identity, correlationID: correlation)
            return Acknowledgement.order(answer.json)
        } catch {
            if error.kind == .internal {
                log.with(correlationID: correlation).error("event.failed", ["detail": .string(error.detail)])
            }
            return Acknowledgement.error(error)
        }
    }
}
