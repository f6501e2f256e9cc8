import EventLoop
import Wire

extension Party {
    /// The answer to an event.
    struct Answer {
        let json: JSONValue

        var isOK: Bool { json["ok"]?.boolValue == true }
        var code: String { json["error"]?["code"]?.stringValue ?? "" }
    }

    /// Sends an event until it is answered, over as many connections as that takes, for `Pace.patience` at most. What is
    /// asked must be harmless when it is done twice.
    func ask(_ event: String, _ payload: [UInt8]) async -> Answer {
        let limit = SystemTiming.shared.now + Pace.patience
        var failures = 0
        while SystemTiming.shared.now < limit {
            if await socket.connected(until: limit), case .answer(let json) = await socket.call(event, payload) {
                let answer = Answer(json: json)
                if answer.isOK || !Self.temporary.contains(answer.code) { return answer }
            }
            failures += 1
            await Pace.sleep(Pace.delay(Pace.requests, failures: failures))
        }
        return Answer(json: .null)
    }

    private static let temporary: Set<String> = ["UNAVAILABLE", "RATE_LIMITED", "INTERNAL_ERROR"]
}
