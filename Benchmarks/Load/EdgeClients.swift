import EventLoop

/// What the loads of many bare clients share.
@Loop
enum EdgeClients {
    /// Handshakes under way at once: enough to be quick, few enough for any backlog.
    private static let handshakesAtOnce = 64
    /// How long an answer to a single packet may take on a machine that does much else.
    private static let patience: Duration = .seconds(20)

    static func connect(_ count: Int, port: Int) async throws(LoadFailure) -> [EdgeClient] {
        let clients = (0..<count).map { _ in EdgeClient() }
        var next = 0
        var problem: LoadFailure?
        var working = min(handshakesAtOnce, count)
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for _ in 0..<working {
                Loop.start {
                    while next < count, problem == nil {
                        let client = clients[next]
                        next += 1
                        do throws(LoadFailure) { try await client.connect(port: port) } catch { problem = error }
                    }
                    working -= 1
                    if working == 0 { done.resume() }
                }
            }
        }
        if let problem { throw problem }
        for client in clients { client.onClosed = { LoadGenerator.say("a client was \($0)") } }
        return clients
    }

    /// Sends `packet`, whose answer is any one message.
    static func ask(_ clients: [EdgeClient], _ packet: String) async throws(LoadFailure) {
        var missing = clients.count
        var waiting: CheckedContinuation<Bool, Never>?
        let timer = SystemTiming.shared.after(patience) {
            waiting?.resume(returning: false)
            waiting = nil
        }
        let frame = EdgeClient.frame(packet)
        for client in clients {
            client.onText = { _ in
                missing -= 1
                guard missing == 0 else { return }
                waiting?.resume(returning: true)
                waiting = nil
            }
            client.send(frame)
        }
        let isAnswered = await withCheckedContinuation { waiting = $0 }
        timer.cancel()
        guard isAnswered else { throw LoadFailure(description: "no answer to \(packet)") }
    }

    /// Says that all is ready, then plays a round for each line of standard input; `play` answers what is printed.
    static func rounds(_ play: @Loop (Duration) async throws(LoadFailure) -> String) async throws(LoadFailure) {
        let rounds = try Rounds()
        LoadGenerator.put("{\"ready\":true}")
        while let length = try await rounds.next() { LoadGenerator.put(try await play(length)) }
    }
}
