import EventLoop

/// Every socket keeps `flight` echoes under way: for each ack that comes it sends the next one.
@Loop
final class EchoLoad {
    private let settings: LoadSettings
    private let frame = EdgeClient.frame("427[\"echo\",\(LoadSettings.argument)]")
    private var clients: [EdgeClient] = []
    private var answered = 0
    private var underWay = 0
    private var isOver = true
    private var done: CheckedContinuation<Void, Never>?

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
            self.isOver = false
            let began = SystemTiming.shared.now
            SystemTiming.shared.after(length) { self.isOver = true }
            for client in self.clients {
                for _ in 0..<self.settings.flight { client.send(self.frame) }
            }
            self.underWay = self.clients.count * self.settings.flight
            await withCheckedContinuation { self.done = $0 }
            let seconds = (SystemTiming.shared.now - began) / .seconds(1)
            return "{\"operations\":\(self.answered),\"seconds\":\(seconds)}"
        }
    }

    private func received(_ client: EdgeClient) {
        answered += 1
        guard isOver else { return client.send(frame) }
        underWay -= 1
        if underWay == 0 {
            done?.resume()
            done = nil
        }
    }
}
