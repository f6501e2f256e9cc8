import EventLoop
import Glibc
import Wire

/// One driver who accepts whatever is offered and tells how long each ack took.
@Loop
final class AcceptLoad {
    private enum Waiting {
        case duty, position, accept(LoopTime), status(Int)
    }

    /// What a driver does with an order it has, so that it is free again.
    private static let path = ["DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"]

    private let settings: LoadSettings
    private let client: LoadClient
    private var waiting: [Int: Waiting] = [:]
    private var order = ""
    private var ended: CheckedContinuation<String, Never>?

    init(_ settings: LoadSettings) {
        self.settings = settings
        client = LoadClient(token: settings.people[0].token)
    }

    func run() async throws(LoadFailure) {
        client.onEvent = { [unowned self] name, arguments in
            if name == "order_offer" { offered(arguments) }
        }
        client.onAcknowledgement = { [unowned self] id, answer in answered(id, answer) }
        client.onClosed = { [unowned self] reason in
            ended?.resume(returning: reason)
            ended = nil
        }
        try await client.connect(port: settings.port)
        ask("availability", "{\"available\":true}", .duty)
        let reason = await withCheckedContinuation { ended = $0 }
        throw LoadFailure(description: reason)
    }

    private func ask(_ name: String, _ arguments: String, _ what: Waiting) {
        waiting[client.send(name, Array(arguments.utf8))] = what
    }

    private func offered(_ arguments: ArraySlice<UInt8>) {
        guard let offer = try? JSONValue.parse(Array(arguments)), let order = offer["orderId"]?.stringValue,
            let id = offer["offerId"]?.stringValue
        else { return LoadGenerator.say("an offer that cannot be read") }
        self.order = order
        let body = "{\"orderId\":\"\(order)\",\"offerId\":\"\(id)\"}"
        ask("offer_accept", body, .accept(SystemTiming.shared.now))
    }

    private func answered(_ id: Int, _ answer: ArraySlice<UInt8>) {
        guard let what = waiting.removeValue(forKey: id) else { return }
        guard answer.starts(with: "{\"ok\":true".utf8) else {
            LoadGenerator.say("refused: \(String(decoding: answer, as: UTF8.self))")
            return client.close()
        }
        switch what {
        case .duty: ask("location_update", "{\"lat\":48.8566,\"lng\":2.3522}", .position)
        case .position: LoadGenerator.put("{\"ready\":true}")
        case .accept(let began):
            let took = (SystemTiming.shared.now - began) / .milliseconds(1)
            LoadGenerator.put("{\"milliseconds\":\(took),\"orderId\":\"\(order)\"}")
            move(0)
        case .status(let step):
            if step + 1 < Self.path.count { move(step + 1) } else { LoadGenerator.put("{\"free\":true}") }
        }
    }

    private func move(_ step: Int) {
        ask("order_status", "{\"orderId\":\"\(order)\",\"status\":\"\(Self.path[step])\"}", .status(step))
    }
}
