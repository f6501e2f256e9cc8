import EventLoop
import Wire

/// Drivers who send position after position, each when the one before is acknowledged.
@Loop
final class PositionLoad {
    private final class Sender {
        let id: String
        let client: LoadClient
        var latitude = 0.0
        var acknowledged = 0.0
        var count = 0

        init(id: String, client: LoadClient) {
            self.id = id
            self.client = client
        }
    }

    private let settings: LoadSettings
    private var senders: [Sender] = []
    private var acknowledged = 0
    private var refused = 0
    private var waiting = 0
    private var isOver = false
    private var done: CheckedContinuation<Void, Never>?

    init(_ settings: LoadSettings) {
        self.settings = settings
    }

    func run() async throws(LoadFailure) {
        let clients = try await LoadGenerator.connect(settings, count: settings.people.count)
        senders = zip(settings.people, clients).map { Sender(id: $0.id, client: $1) }
        for sender in senders {
            sender.client.onAcknowledgement = { [unowned self] _, answer in self.answered(sender, answer) }
            sender.client.onClosed = { LoadGenerator.say($0) }
        }
        let began = SystemTiming.shared.now
        SystemTiming.shared.after(.seconds(settings.seconds)) { [self] in isOver = true }
        for sender in senders { sendNext(sender) }
        await withCheckedContinuation { done = $0 }
        let seconds = (SystemTiming.shared.now - began) / .seconds(1)
        LoadGenerator.put("{\"acknowledged\":\(acknowledged),\"refused\":\(refused),\"seconds\":\(seconds)}")
        for sender in senders { LoadGenerator.put("{\"id\":\"\(sender.id)\",\"lat\":\(sender.acknowledged)}") }
    }

    private func sendNext(_ sender: Sender) {
        // Every position is another, so that the table shows which one it has.
        sender.count += 1
        sender.latitude = 48.80 + Double(sender.count % 100_000) * 0.000001
        waiting += 1
        sender.client.send(
            "location_update", Array("{\"lat\":\(sender.latitude),\"lng\":2.35,\"heading\":90,\"speed\":5}".utf8))
    }

    private func answered(_ sender: Sender, _ answer: ArraySlice<UInt8>) {
        waiting -= 1
        if answer.starts(with: "{\"ok\":true".utf8) {
            acknowledged += 1
            sender.acknowledged = sender.latitude
        } else {
            if refused == 0 { LoadGenerator.say("refused: \(String(decoding: answer, as: UTF8.self))") }
            refused += 1
        }
        if isOver {
            if waiting == 0 {
                done?.resume()
                done = nil
            }
        } else {
            sendNext(sender)
        }
    }
}
