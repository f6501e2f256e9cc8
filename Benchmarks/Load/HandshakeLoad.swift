import EventLoop

/// `flight` clients connect, are answered their CONNECT, close, and begin anew.
@Loop
final class HandshakeLoad {
    private let settings: LoadSettings

    init(_ settings: LoadSettings) {
        self.settings = settings
    }

    func run() async throws(LoadFailure) {
        try await EdgeClients.rounds { length throws(LoadFailure) in try await self.play(length) }
    }

    private func play(_ length: Duration) async throws(LoadFailure) -> String {
        let began = SystemTiming.shared.now
        var count = 0
        var problem: LoadFailure?
        var working = settings.flight
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for _ in 0..<settings.flight {
                Loop.start {
                    while SystemTiming.shared.now - began < length, problem == nil {
                        let client = EdgeClient()
                        do throws(LoadFailure) { try await client.connect(port: self.settings.port) } catch {
                            problem = error
                        }
                        client.close()
                        count += 1
                    }
                    working -= 1
                    if working == 0 { done.resume() }
                }
            }
        }
        if let problem { throw problem }
        let seconds = (SystemTiming.shared.now - began) / .seconds(1)
        return "{\"operations\":\(count),\"seconds\":\(seconds)}"
    }
}
