import Domain
import EventLoop
import Services
import Store
import TestSupport
import Testing

/// Stands for the sockets: keeps what was published, and lets a test wait for it.
@Loop
final class Recorder: LiveEvents, VolatileEvents, ConnectedDrivers {
    struct Volatile {
        let event: String
        let json: String
        let accounts: [UUID16]
        let merchants: [UUID16]
    }

    private(set) var events: [EventRecord] = []
    private(set) var offers: [OfferRecord] = []
    private(set) var volatile: [Volatile] = []
    var connectedDrivers: [UUID16] = []
    private let waiters = Waiters()

    func publish(events: [EventRecord], offers: [OfferRecord]) {
        self.events += events
        self.offers += offers
        waiters.look()
    }

    func publishVolatile(event: String, json: [UInt8], accounts: [UUID16], merchants: [UUID16]) {
        volatile.append(
            Volatile(
                event: event, json: String(decoding: json, as: UTF8.self), accounts: accounts, merchants: merchants))
        waiters.look()
    }

    /// Returns once the condition holds, looked at after each publication.
    func until(
        sourceLocation: SourceLocation = #_sourceLocation, _ condition: @escaping @Loop () -> Bool
    ) async {
        await waiters.wait(
            for: "what is to be published",
            seen: {
                "events \(events.map(\.type)), \(offers.map { "\($0.isOpen ? "offer" : "end")" }), \(volatile.map(\.event))"
            }, sourceLocation: sourceLocation, condition)
    }

    /// The open offers of an order, as far as they were published, and not ended since.
    func open(_ order: UUID16) -> [OfferRecord] {
        let ended = Set(offers.filter { !$0.isOpen }.map(\.offerID))
        return offers.filter { $0.orderID == order && $0.isOpen && !ended.contains($0.offerID) }
    }

    func types(_ order: UUID16) -> [String] {
        events.filter { $0.orderID == order }.sorted { $0.seq < $1.seq }.map(\.type)
    }
}
