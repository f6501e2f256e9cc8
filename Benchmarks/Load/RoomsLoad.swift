import EventLoop

/// Rooms of ten members each, half of them on either of two servers: in every room `flight` publishes are under way, and for
/// each that has reached all ten the next one goes out. Even rooms are published to on the first server, odd ones on the second.
@Loop
final class RoomsLoad {
    private static let membersOfRoom = 10
    /// Time after a round's end that what is under way may take.
    private static let patience: Duration = .seconds(5)

    private let settings: LoadSettings
    private let frames: [[UInt8]]
    private var publishers: [EdgeClient] = []
    /// Deliveries in each room. Messages arrive in the order of their publishes, so that each ten more complete one.
    private var counts: [Int]
    private var delivered = 0
    private var underWay = 0
    private var isOver = true
    private var done: CheckedContinuation<Bool, Never>?

    init(_ settings: LoadSettings) {
        self.settings = settings
        let rooms = settings.sockets / Self.membersOfRoom
        frames = (0..<rooms).map { EdgeClient.frame("427[\"publish\",\"room\($0)\",\(LoadSettings.argument)]") }
        counts = Array(repeating: 0, count: rooms)
    }

    func run() async throws(LoadFailure) {
        let ports = [settings.port, settings.secondPort]
        for port in ports { publishers += try await EdgeClients.connect(1, port: port) }
        for publisher in publishers { publisher.onText = { _ in } }
        for port in ports {
            let members = try await EdgeClients.connect(frames.count * Self.membersOfRoom / ports.count, port: port)
            for room in frames.indices {
                let own = stride(from: room, to: members.count, by: frames.count).map { members[$0] }
                try await EdgeClients.ask(own, "421[\"join\",\"room\(room)\"]")
                for member in own { member.onText = { [unowned self] _ in received(room) } }
            }
        }
        try await EdgeClients.rounds { length throws(LoadFailure) in try await self.play(length) }
    }

    private func play(_ length: Duration) async throws(LoadFailure) -> String {
        delivered = 0
        isOver = false
        let began = SystemTiming.shared.now
        SystemTiming.shared.after(length) { self.isOver = true }
        let timer = SystemTiming.shared.after(length + Self.patience) { self.end(false) }
        underWay = frames.count * settings.flight
        for _ in 0..<settings.flight { for room in frames.indices { publish(room) } }
        let isComplete = await withCheckedContinuation { done = $0 }
        timer.cancel()
        guard isComplete else {
            throw LoadFailure(description: "publishes in \(underWay) rooms did not reach everybody")
        }
        let seconds = (SystemTiming.shared.now - began) / .seconds(1)
        return "{\"operations\":\(delivered),\"seconds\":\(seconds)}"
    }

    private func publish(_ room: Int) {
        publishers[room % publishers.count].send(frames[room])
    }

    private func received(_ room: Int) {
        delivered += 1
        counts[room] += 1
        guard counts[room] % Self.membersOfRoom == 0 else { return }
        guard isOver else { return publish(room) }
        underWay -= 1
        if underWay == 0 { end(true) }
    }

    private func end(_ isComplete: Bool) {
        done?.resume(returning: isComplete)
        done = nil
    }
}
