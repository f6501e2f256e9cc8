import EventLoop

extension Namespace {
    /// Delivers a broadcast to this node's sockets and asks each for an acknowledgement. `answered` is called once for each
    /// socket that was reached: with its answer, or `.disconnected`, or `.timedOut`. Returns how many were reached.
    @discardableResult public func deliver(
        _ packet: BroadcastPacket, within timeout: Duration,
        answered: @escaping @Loop (Result<ClientAnswer, AcknowledgementError>) -> Void
    ) -> Int {
        let id = nextAcknowledgementID()
        let frame = EncodedFrame(
            prefix: wirePrefix, event: packet.event, json: packet.json, attachments: packet.attachments, id: id)
        let question = BroadcastQuestion(id: id)
        forEachSocket(packet.target) { if $0.isConnected { question.sockets.append($0) } }
        let reached = question.sockets
        question.waiting = reached.count
        for socket in reached {
            let pending = socket.pendingAcknowledgements ?? PendingAcknowledgements()
            socket.pendingAcknowledgements = pending
            pending.add(id) { result in
                question.answered()
                answered(result)
            }
        }
        // One timer for all, however many were asked.
        question.timer = server.timing.after(timeout) { question.end() }
        for socket in reached { socket.send(frame, compress: !packet.flags.contains(.uncompressed)) }
        server.counters.broadcasts += 1
        server.counters.deliveries += UInt64(reached.count)
        if reached.isEmpty { question.timer?.cancel() }
        return reached.count
    }
}

/// The sockets of one broadcast whose acknowledgements are waited for.
@Loop private final class BroadcastQuestion {
    let id: Int
    var sockets: [Socket] = []
    var waiting = 0
    var timer: ScheduledTimer?

    init(id: Int) {
        self.id = id
    }

    func answered() {
        waiting -= 1
        guard waiting == 0 else { return }
        timer?.cancel()
        sockets = []
    }

    func end() {
        let due = sockets
        sockets = []
        for socket in due { socket.pendingAcknowledgements?.finish(id, .failure(.timedOut)) }
    }
}
