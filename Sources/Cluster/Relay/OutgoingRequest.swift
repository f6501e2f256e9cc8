import EventLoop
import Realtime

/// A poll or a POST that goes to its session's owner over the link. Its bytes go out once: whatever becomes of the link,
/// it is not sent again.
@Loop final class OutgoingRequest: OutgoingWork {
    private let foreign: ForeignRequest
    private let links: Links
    private var link: OutgoingLink?
    private var number: UInt32 = 0
    /// It came before the link lived.
    private var earlyBody: [UInt8]?
    private var isOver = false
    private var response: Response?

    init(_ foreign: ForeignRequest, links: Links) {
        self.foreign = foreign
        self.links = links
        foreign.handler = self
    }

    func begin(at peer: Peer) {
        guard !isOver else { return }
        guard let link = peer.link, let number = link.add(self) else { return refuseOverload() }
        self.link = link
        self.number = number
        links.statistics.requests += 1
        link.send(.request, number, RelayedHead.encode(foreign.request))
        if let earlyBody {
            self.earlyBody = nil
            link.sendBody(earlyBody, number)
        }
    }

    func refuse() {
        guard end() else { return }
        links.statistics.refused += 1
        foreign.refuseUnknownSession()
    }

    func refuseOverload() {
        guard end() else { return }
        links.statistics.overloaded += 1
        foreign.refuseUnavailable()
    }

    /// Whether this was the first end.
    private func end() -> Bool {
        guard !isOver else { return false }
        isOver = true
        link?.remove(number)
        link = nil
        return true
    }

    // MARK: From the owner

    func received(_ frame: LinkFrame) throws(LinkFault) {
        switch frame.kind {
        case .response:
            guard response == nil else { throw .malformed }
            response = try RelayedHead.response(frame.payload)
        case .body:
            guard let size = response?.body.count, size + frame.payload.count <= LinkOptions.maximumResponse else {
                throw .malformed
            }
            response?.body += frame.payload
        case .bodyEnd:
            guard let response, end() else { throw .malformed }
            foreign.respond(response)
        case .reset:
            if end() { foreign.abandon() }
        case .unknownSession:
            refuse()
        default:
            throw .malformed
        }
    }
}

extension OutgoingRequest: ForeignRequestHandler {
    func requestCompleted(body: [UInt8]) {
        guard !isOver else { return }
        if let link { link.sendBody(body, number) } else { earlyBody = body }
    }

    func requestTooLarge() {
        link?.send(.bodyTooLarge, number)
        _ = end()
    }

    func requestAborted() {
        link?.send(.abort, number)
        _ = end()
    }
}
