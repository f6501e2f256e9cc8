import EventLoop

/// One room that all sockets are in; one more socket keeps `flight` publishes under way: for each that has reached every
/// member it sends the next one.
@Loop
final class FanoutLoad {
    private let settings: LoadSettings
    private let frame = EdgeClient.frame("427[\"publish\",\"room\",\(LoadSettings.argument)]")
    private var publisher: EdgeClient?
    private var members: [EdgeClient] = []
    private let round = LoadRound()
    private var delivered = 0

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
            let seconds = await self.round.run(length, flight: self.settings.flight) {
                for _ in 0..<self.settings.flight { self.publisher?.send(self.frame) }
            }
            return "{\"operations\":\(self.delivered),\"seconds\":\(seconds)}"
        }
    }

    /// Messages arrive in the order of their publishes, so that each `members.count` more of them complete one.
    private func received() {
        delivered += 1
        if delivered % members.count == 0, round.goesOn() { publisher?.send(frame) }
    }
}
