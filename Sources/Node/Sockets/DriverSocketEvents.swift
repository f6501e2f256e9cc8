import Domain
import EventLoop
import Realtime
import Services
import Telemetry
import Wire

/// What a driver's device says over its socket: duty, positions, and answers to offers.
@Loop
struct DriverSocketEvents {
    let drivers: Drivers
    let offers: Offers
    let identifiers: IdentifierSource
    let log: Log
    /// Who is behind a socket; nil when it has ended.
    let identify: @Loop (Socket) -> Identity?

    /// Driver, payload, correlation id; the ack.
    private typealias Body = @Loop (UUID16, [UInt8], String) async throws(ServiceError) -> [UInt8]

    func register(on namespace: Namespace) {
        on(namespace, "availability") { driver, payload, correlation async throws(ServiceError) in
            var input = try InputReader(body: payload)
            let available = input.bool("available")
            try input.finish()
            let json = try await drivers.update(driver, available: available, correlationID: correlation)
            return Acknowledgement.ok { $0.field("driver", raw: json) }
        }
        on(namespace, "location_update") { driver, payload, _ async throws(ServiceError) in
            try await drivers.moved(driver, to: PositionInput.read(payload))
            return Acknowledgement.ok
        }
        on(namespace, "offer_accept") { driver, payload, correlation async throws(ServiceError) in
            let answer = try OfferAnswer(payload)
            let order = try await offers.accept(
                answer.order, driver: driver, offer: answer.offer, correlationID: correlation)
            return Acknowledgement.order(order.json)
        }
        on(namespace, "offer_reject") { driver, payload, correlation async throws(ServiceError) in
            let answer = try OfferAnswer(payload)
            let order = try await offers.reject(
                answer.order, driver: driver, offer: answer.offer, reason: answer.reason, correlationID: correlation)
            return Acknowledgement.order(order.json)
        }
        on(namespace, "order_release") { driver, payload, correlation async throws(ServiceError) in
            var input = try InputReader(body: payload)
            let order = input.id("orderId")
            let reason = input.text("reason", characters: 1...InputLimits.noteLength)
            try input.finish()
            let answer = try await offers.release(order, driver: driver, reason: reason, correlationID: correlation)
            return Acknowledgement.order(answer.json)
        }
    }

    private func on(_ namespace: Namespace, _ event: String, _ body: @escaping Body) {
        namespace.on(event) { socket, incoming in
            guard let identity = identify(socket) else { return }
            guard identity.role == .driver else { return incoming.acknowledge(Acknowledgement.error(.forbidden)) }
            Loop.start { await answer(incoming, of: identity.account, body) }
        }
    }

    private func answer(_ event: IncomingEvent, of driver: UUID16, _ body: Body) async {
        let correlation = identifiers.next().description
        do throws(ServiceError) {
            event.acknowledge(try await body(driver, event.firstArgument ?? [], correlation))
        } catch {
            if error.kind == .internal {
                log.with(correlationID: correlation).error("event.failed", ["detail": .string(error.detail)])
            }
            event.acknowledge(Acknowledgement.error(error))
        }
    }
}

/// `{orderId, offerId?, reason?}`.
private struct OfferAnswer {
    let order: UUID16
    let offer: UUID16?
    let reason: String?

    init(_ payload: [UInt8]) throws(ServiceError) {
        var input = try InputReader(body: payload)
        order = input.id("orderId")
        offer = input.optionalID("offerId")
        reason = input.optionalText("reason", characters: 0...InputLimits.noteLength)
        try input.finish()
    }
}
