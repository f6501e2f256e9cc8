import EventLoop

/// One room that all sockets are in; one more socket keeps `flight` publishes under way: for each that has reached every
/// member it sends the next one.
@Loop
final class FanoutLoad {
    private let settings: LoadSettings
    private let frame = EdgeClient.frame("427[\"publish\",\"room\",\(LoadSettings.argument)]")
    private var publisher: EdgeClient?
    private var members: [EdgeClient] = []
    private var delivered = 0
    private var underWay = 0
    private var isOver = true
    private var done: CheckedContinuation<Void, Never>?

    init(_ settings: LoadSettings) {
        self.settings = settings
    }

    func run() async throws(LoadFailure) {
        let clients = try await EdgeClients.connect(settings.sockets + 1, port: settings.port)
        members = Array(clients.dropLast())
        try await EdgeClients.ask(members, "421[\"join\",\"room\"]")
        for member in members { member.onText = { [unowned self] _ in received() } }
        publisher = clients.last
        publisher?.onText = { _ in }
        try await EdgeClients.rounds { length in
            self.delivered = 0
            self.isOver = false
            let began = SystemTiming.shared.now
            SystemTiming.shared.after(length) { self.isOver = true }
            self.underWay = self.settings.flight
            for _ in 0..<self.underWay { self.publisher?.send(self.frame) }
            await withCheckedContinuation { self.done = $0 }
            let seconds = (SystemTiming.shared.now - began) / .seconds(1)
            return "{\"operations\":\(self.delivered),\"seconds\":\(seconds)}"
        }
    }

    /// Messages arrive in the order of their publishes, so that each `members.count` more of them complete one.
    private func received() {
        delivered += 1
        guard delivered % members.count == 0 else { return }
        if !isOver {
            publisher?.send(frame)
        } else {
            underWay -= 1
            guard underWay == 0 else { return }
            done?.resume()
            done = nil
        }
    }
}
