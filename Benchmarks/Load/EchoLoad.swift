import EventLoop

/// Every socket keeps `flight` echoes under way: for each ack that comes it sends the next one.
@Loop
final class EchoLoad {
    private let settings: LoadSettings
    private let frame = EdgeClient.frame("427[\"echo\",\(LoadSettings.argument)]")
    private var clients: [EdgeClient] = []
    private let round = LoadRound()
    private var answered = 0

    init(_ settings: LoadSettings) {
        self.settings = settings
    }

    func run() async throws(LoadFailure) {
        clients = try await EdgeClients.connect(settings.sockets, port: settings.port)
        for client in clients {
            client.onText = { [unowned self, unowned client] _ in received(client) }
        }
        try await EdgeClients.rounds { length in
            self.answered = 0
            let seconds = await self.round.run(length, flight: self.clients.count * self.settings.flight) {
                for client in self.clients {
                    for _ in 0..<self.settings.flight { client.send(self.frame) }
                }
            }
            return "{\"operations\":\(self.answered),\"seconds\":\(seconds)}"
        }
    }

    private func received(_ client: EdgeClient) {
        answered += 1
        if round.goesOn() { client.send(frame) }
    }
}
