import EventLoop

/// A room of all sockets, published to at a steady rate; how long each delivery took from the publish's leaving.
@Loop
final class DeliveryLoad {
    /// Time after the last publish that its deliveries may take.
    private static let patience: Duration = .seconds(2)

    private let settings: LoadSettings
    private var publisher: EdgeClient?
    /// When each publish of the round left, by its number.
    private var sent: [LoopTime] = []
    /// Microseconds of each delivery.
    private var latencies: [Int] = []
    private var round = 0

    init(_ settings: LoadSettings) {
        self.settings = settings
    }

    func run() async throws(LoadFailure) {
        let clients = try await EdgeClients.connect(settings.sockets + 1, port: settings.port)
        let members = clients.dropLast()
        try await EdgeClients.ask(Array(members), "421[\"join\",\"room\"]")
        for member in members { member.onText = { [unowned self] text in received(text) } }
        publisher = clients.last
        publisher?.onText = { _ in }
        try await EdgeClients.rounds { length throws(LoadFailure) in try await self.play(length) }
    }

    private func play(_ length: Duration) async throws(LoadFailure) -> String {
        let interval = Duration.seconds(1) * settings.sockets / settings.rate
        round += 1
        sent = []
        latencies = []
        let began = SystemTiming.shared.now
        while SystemTiming.shared.now - began < length {
            publish()
            let due = began + interval * sent.count
            await withCheckedContinuation { (wake: CheckedContinuation<Void, Never>) in
                SystemTiming.shared.after(due - SystemTiming.shared.now) { wake.resume() }
            }
        }
        let deadline = SystemTiming.shared.now + Self.patience
        while latencies.count < sent.count * settings.sockets, SystemTiming.shared.now < deadline {
            await withCheckedContinuation { (wake: CheckedContinuation<Void, Never>) in
                SystemTiming.shared.after(.milliseconds(10)) { wake.resume() }
            }
        }
        guard latencies.count == sent.count * settings.sockets else {
            throw LoadFailure(description: "\(latencies.count) deliveries of \(sent.count * settings.sockets)")
        }
        latencies.sort()
        func percentile(_ share: Double) -> Double {
            Double(latencies[Int(Double(latencies.count - 1) * share)]) / 1000
        }
        return "{\"operations\":\(latencies.count),\"p50\":\(percentile(0.5)),\"p99\":\(percentile(0.99))}"
    }

    /// The value says round and number: `4200007`, with eight digits for the number, then pads to 64 bytes.
    private func publish() {
        let number = String(round * 10_000_000 + sent.count)
        let padding = String(repeating: "x", count: 62 - number.count)
        sent.append(SystemTiming.shared.now)
        publisher?.send(EdgeClient.frame("427[\"publish\",\"room\",\"\(number)\(padding)\"]"))
    }

    private func received(_ text: UnsafeRawBufferPointer) {
        let now = SystemTiming.shared.now
        let start = "42[\"message\",\"".utf8.count
        guard text.count > start else { return }
        var value = 0
        for byte in text[start...] {
            guard byte >= 0x30, byte <= 0x39 else { break }
            value = value * 10 + Int(byte - 0x30)
        }
        let number = value - round * 10_000_000
        guard number >= 0, number < sent.count else { return }
        latencies.append(Int((now - sent[number]).wholeNanoseconds / 1000))
    }
}
