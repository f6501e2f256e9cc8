import EventLoop

/// The link to another process on which this node's requests go and their answers come: greeted, then alive, then gone.
@Loop final class OutgoingLink: StreamHandler {
    private enum Phase {
        case greeting, proven, alive, gone
    }

    private let stream: Stream
    private let peer: Peer
    private let links: Links
    private let caller: LinkCaller
    private var decoder = LinkFrameDecoder()
    private var phase = Phase.greeting
    private var requests: [UInt32: OutgoingRequest] = [:]
    private var lastNumber: UInt32 = 0
    private var watch: SilenceWatch?
    private var heartbeat: ScheduledTimer?

    init(stream: Stream, peer: Peer, links: Links) {
        self.stream = stream
        self.peer = peer
        self.links = links
        caller = LinkCaller(key: links.key, purpose: .requests, own: links.own, callee: peer.address.owner)
        stream.outputLimit = LinkOptions.outputLimit
        stream.handler = self
        watch = SilenceWatch(timing: links.timing, limit: links.options.silence) { [weak self] in self?.end() }
        send(.hello, 0, caller.hello)
    }

    // MARK: Requests

    /// The number for a request; nil when too much is under way.
    func add(_ request: OutgoingRequest) -> UInt32? {
        guard phase == .alive, requests.count < LinkOptions.maximumRequests,
            stream.queuedBytes < LinkOptions.crowdedBytes
        else { return nil }
        repeat { lastNumber &+= 1 } while lastNumber == 0 || requests[lastNumber] != nil
        requests[lastNumber] = request
        return lastNumber
    }

    func remove(_ number: UInt32) {
        requests.removeValue(forKey: number)
    }

    func send(_ kind: LinkFrame.Kind, _ request: UInt32, _ payload: [UInt8] = []) {
        stream.withOutput { LinkFrame.append(kind, request, payload[...], to: &$0) }
    }

    func sendBody(_ body: [UInt8], _ request: UInt32) {
        stream.withOutput { LinkFrame.appendBody(body, request, to: &$0) }
    }

    // MARK: Life

    private func beat() {
        guard phase == .alive else { return }
        send(.ping, 0)
        heartbeat = links.timing.after(links.options.heartbeat) { [weak self] in self?.beat() }
    }

    /// Every request that is still open is answered at once, none is sent again.
    func end() {
        guard phase != .gone else { return }
        if phase == .alive { links.statistics.deaths += 1 }
        phase = .gone
        watch?.stop()
        heartbeat?.cancel()
        stream.close(.local)
        let open = requests
        requests = [:]
        peer.linkEnded(self)
        for request in open.values { request.refuse() }
    }

    private func received(_ frame: LinkFrame) throws(LinkFault) {
        switch phase {
        case .greeting:
            send(.proof, 0, try caller.answer(frame))
            phase = .proven
        case .proven:
            guard frame.kind == .welcome else { throw .malformed }
            phase = .alive
            peer.linkLives()
            beat()
        case .alive:
            if frame.kind == .pong {
                if let member = try Member(encoded: frame.payload) { links.heard(member, from: peer.address.owner) }
                return
            }
            // One that was aborted meanwhile may still be answered.
            try requests[frame.request]?.received(frame)
        case .gone:
            break
        }
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        watch?.heard()
        var offset = 0
        do throws(LinkFault) {
            while phase != .gone, let frame = try decoder.next(bytes, &offset) { try received(frame) }
        } catch {
            links.statistics.faults += 1
            end()
        }
    }

    func streamReachedEnd() { end() }
    func streamDrained() {}
    func streamClosed(_ reason: StreamCloseReason) { end() }
}
