import EventLoop
import Wire

/// A Socket.IO connection that comes back: connects through the door, resumes, and connects again when lost.
@Loop
final class LiveSocket {
    /// What became of an event that asked for an answer.
    enum Outcome {
        case answer(JSONValue)
        /// The connection or the deadline ended first: it may have been done.
        case unknown
    }

    private let door: Door
    private let account: Account
    private var link: EngineLink?
    private(set) var isConnected = false
    private var isStopped = false
    private var hasTried = false
    private var nextID = 0
    private var calls: [Int: (continuation: CheckedContinuation<Outcome, Never>, timer: ScheduledTimer)] = [:]
    private let change = Wakeup()
    private var refusal: String?
    /// Why the last try to connect failed.
    private(set) var problem = "no answer"
    /// Connections lost after they had been made.
    private(set) var losses = 0

    /// The orders to resume, with the last `seq` seen of each.
    var resumption: (@Loop () -> [(order: String, seq: Int)])?
    var onConnect: (@Loop () -> Void)?
    var onEvent: (@Loop (String, JSONValue) -> Void)?

    private static let connectTimeout: Duration = .seconds(10)
    /// No node that runs takes as long, whatever part of the cluster is gone.
    private static let callTimeout: Duration = .seconds(8)
    /// How often one who waits for the connection looks whether it is there.
    private static let connectionCheck: Duration = .milliseconds(50)

    init(door: Door, account: Account) {
        self.door = door
        self.account = account
    }

    func start() {
        account.onToken = { [weak self] token in
            self?.emit("auth_refresh", jsonObject { $0.field("token", token) })
        }
        Loop.start { await self.run() }
    }

    func stop() {
        isStopped = true
        if isConnected {
            var bytes: [UInt8] = []
            SocketIOEncoder.appendDisconnect(to: &bytes)
            link?.send(bytes)
        }
        link?.close()
        change.wake()
    }

    /// Waits for a connection; false when there is none by `limit`.
    func connected(until limit: LoopTime) async -> Bool {
        while !isConnected, !isStopped, SystemTiming.shared.now < limit {
            await Pace.sleep(min(Self.connectionCheck, limit - SystemTiming.shared.now))
        }
        return isConnected
    }

    /// Sends an event that wants no answer; dropped while not connected.
    func emit(_ event: String, _ payload: [UInt8]) {
        guard isConnected else { return }
        var bytes: [UInt8] = []
        SocketIOEncoder.appendEvent(event, arguments: payload, to: &bytes)
        link?.send(bytes)
    }

    /// Sends an event and waits for its answer.
    func call(_ event: String, _ payload: [UInt8]) async -> Outcome {
        guard isConnected, let link else { return .unknown }
        let id = nextID
        nextID += 1
        var bytes: [UInt8] = []
        SocketIOEncoder.appendEvent(event, arguments: payload, acknowledgementID: id, to: &bytes)
        return await withCheckedContinuation { continuation in
            // A node that stands still keeps its connections: another may answer over a new one.
            let timer = SystemTiming.shared.after(Self.callTimeout) { [weak link] in link?.close() }
            calls[id] = (continuation, timer)
            link.send(bytes)
        }
    }

    private func answer(_ id: Int, _ outcome: Outcome) {
        guard let call = calls.removeValue(forKey: id) else { return }
        call.timer.cancel()
        call.continuation.resume(returning: outcome)
    }

    private func run() async {
        var failures = 0
        while !isStopped {
            do throws(ReplayError) {
                let link = try await EngineLink.open(door)
                guard !isStopped else { return link.close() }
                if await connect(link) {
                    failures = 0
                    while isConnected { await change.wait(until: nil) }
                    guard !isStopped else { return }
                    losses += 1
                    // Everybody of a dead node is here at once.
                    await Pace.sleep(Pace.delay(Pace.sockets, failures: 1))
                    continue
                }
                link.close()
                if let refusal {
                    problem = "refused: \(refusal)"
                    await account.renew()
                }
            } catch {
                problem = "\(error)"
            }
            failures += 1
            await Pace.sleep(Pace.delay(Pace.sockets, failures: failures))
        }
    }

    private func connect(_ link: EngineLink) async -> Bool {
        self.link = link
        refusal = nil
        link.onMessage = { [weak self] text in self?.receive(text) }
        link.onClose = { [weak self, weak link] _ in
            if let self, self.link === link { lost() }
        }
        let auth = authentication()
        hasTried = true
        var bytes: [UInt8] = []
        SocketIOEncoder.appendConnect(auth: auth, to: &bytes)
        link.send(bytes)
        let limit = SystemTiming.shared.now + Self.connectTimeout
        while link.isOpen, !isConnected, !isStopped, refusal == nil, SystemTiming.shared.now < limit {
            await change.wait(until: limit)
        }
        return isConnected
    }

    /// The very first connection has nothing to resume; each later one names what it saw, and gets the rest.
    private func authentication() -> [UInt8] {
        jsonObject {
            $0.field("token", account.accessToken)
            guard hasTried else { return }
            $0.field("after") { writer in
                writer.object { for (order, seq) in resumption?() ?? [] { $0.field(order, seq) } }
            }
        }
    }

    private func lost() {
        isConnected = false
        link = nil
        let pending = calls
        calls = [:]
        for call in pending.values {
            call.timer.cancel()
            call.continuation.resume(returning: .unknown)
        }
        change.wake()
    }

    private func receive(_ text: [UInt8]) {
        guard let packet = try? SocketIOPacket.decode(text.span, from: 1) else {
            link?.close()
            return
        }
        switch packet.type {
        case .connect:
            isConnected = true
            change.wake()
            onConnect?()
        case .connectError:
            let json = packet.payload.flatMap { try? JSONValue.parse(Array(text[$0])) }
            refusal = json?["data"]?["code"]?.stringValue ?? json?["message"]?.stringValue ?? "refused"
            change.wake()
        case .disconnect: link?.close()
        case .event:
            guard let name = packet.eventNameText(in: text.span) else { return }
            onEvent?(name, firstArgument(packet, text))
        case .acknowledgement:
            if let id = packet.acknowledgementID { answer(id, .answer(firstArgument(packet, text))) }
        case .binaryEvent, .binaryAcknowledgement: break
        }
    }

    private func firstArgument(_ packet: SocketIOPacket, _ text: [UInt8]) -> JSONValue {
        guard let range = try? packet.firstArgument(in: text.span) else { return .null }
        return (try? JSONValue.parse(Array(text[range]))) ?? .null
    }
}
