import EventLoop
import Realtime

/// A connection that another node made to this one: once greeted, its requests are served here as its sessions' owner,
/// or it becomes one client's WebSocket.
@Loop final class IncomingLink: StreamHandler {
    private enum Phase {
        case greeting, challenged, requests, upgrade, gone
    }

    private let stream: Stream
    private let links: Links
    private var callee: LinkCallee
    private var decoder = LinkFrameDecoder()
    private var phase = Phase.greeting
    private var requests: [UInt32: IncomingRequest] = [:]
    private var watch: SilenceWatch?

    init(stream: Stream, links: Links) {
        self.stream = stream
        self.links = links
        callee = LinkCallee(key: links.key, own: links.own)
        stream.outputLimit = LinkOptions.outputLimit
        stream.handler = self
        watch = SilenceWatch(timing: links.timing, limit: links.options.silence) { [weak self] in self?.end() }
    }

    /// Who called, once that is proven.
    private(set) var caller: SessionOwner?

    // MARK: Frames

    private func received(_ frame: LinkFrame) throws(LinkFault) {
        switch phase {
        case .greeting:
            send(.challenge, 0, try callee.challenge(frame))
            phase = .challenged
        case .challenged:
            let (address, purpose) = try callee.accept(frame)
            caller = address.owner
            links.greeted(self, address)
            if purpose == .requests {
                phase = .requests
                send(.welcome, 0)
            } else {
                phase = .upgrade
            }
        case .requests:
            try serve(frame)
        case .upgrade, .gone:
            throw .malformed
        }
    }

    private func serve(_ frame: LinkFrame) throws(LinkFault) {
        switch frame.kind {
        case .ping:
            send(.pong, 0, links.describe?().encoded ?? [])
        case .request:
            guard requests[frame.request] == nil else { throw .malformed }
            let request = IncomingRequest(number: frame.request, link: self)
            guard requests.count < LinkOptions.maximumRequests,
                let relayed = links.server?.serve(try RelayedHead.request(frame.payload), delegate: request)
            else { return send(.unknownSession, frame.request) }
            links.statistics.served += 1
            requests[frame.request] = request
            request.begin(relayed)
        case .body:
            frame.payload.withUnsafeBytes { requests[frame.request]?.relayed?.receive($0) }
        case .bodyEnd:
            requests[frame.request]?.relayed?.complete()
        case .bodyTooLarge:
            requests.removeValue(forKey: frame.request)?.relayed?.refuseTooLarge()
        case .abort:
            requests.removeValue(forKey: frame.request)?.relayed?.abort()
        default:
            throw .malformed
        }
    }

    private func upgrade(_ frame: LinkFrame, rest: UnsafeRawBufferPointer) throws(LinkFault) {
        guard frame.kind == .upgrade, let server = links.server else { throw .malformed }
        let origin = try RelayedHead.origin(frame.payload)
        links.statistics.served += 1
        phase = .gone
        watch?.stop()
        links.ended(self)
        stream.outputLimit = Stream.defaultOutputLimit
        server.serve(stream, from: origin, received: rest)
    }

    // MARK: Answers

    fileprivate func answer(_ number: UInt32, _ response: Response) {
        guard requests.removeValue(forKey: number) != nil else { return }
        stream.withOutput { output in
            LinkFrame.append(.response, number, RelayedHead.encode(response)[...], to: &output)
            LinkFrame.appendBody(response.body, number, to: &output)
        }
    }

    fileprivate func reset(_ number: UInt32) {
        if requests.removeValue(forKey: number) != nil { send(.reset, number) }
    }

    private func send(_ kind: LinkFrame.Kind, _ request: UInt32, _ payload: [UInt8] = []) {
        stream.withOutput { LinkFrame.append(kind, request, payload[...], to: &$0) }
    }

    // MARK: Ends

    /// The clients behind it are told that their sessions are unknown: a held poll that will not be answered ends its
    /// session, as one does whose client went away.
    func end(flushing: Bool = false) {
        guard phase != .gone else { return }
        phase = .gone
        watch?.stop()
        links.ended(self)
        if flushing { stream.closeAfterFlush() } else { stream.close(.local) }
        let open = requests
        requests = [:]
        for request in open.values { request.relayed?.abort() }
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        watch?.heard()
        var offset = 0
        do throws(LinkFault) {
            while phase != .gone, let frame = try decoder.next(bytes, &offset) {
                if phase == .upgrade {
                    try upgrade(frame, rest: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                } else {
                    try received(frame)
                }
            }
        } catch {
            links.statistics.faults += 1
            end()
        }
    }

    func streamReachedEnd() { end() }
    func streamDrained() {}
    func streamClosed(_ reason: StreamCloseReason) { end() }
}

/// One request that came over a link.
@Loop private final class IncomingRequest: RelayedRequestDelegate {
    private let number: UInt32
    private unowned let link: IncomingLink
    private(set) var relayed: RelayedRequest?

    init(number: UInt32, link: IncomingLink) {
        self.number = number
        self.link = link
    }

    func begin(_ relayed: RelayedRequest) {
        self.relayed = relayed
        relayed.begin()
    }

    func relayedRequest(_ request: RelayedRequest, answered response: Response) { link.answer(number, response) }
    func relayedRequestAbandoned(_ request: RelayedRequest) { link.reset(number) }
}
