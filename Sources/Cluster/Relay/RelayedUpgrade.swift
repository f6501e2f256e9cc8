import EventLoop
import Realtime
import Wire

/// A client's WebSocket whose session another node owns, at the node that the client reached: a connection of its own to
/// the owner, over which bytes go both ways as they are until one side ends. HTTP goes on with the client until the owner
/// has said its first byte; until then it can be refused in words.
@Loop final class RelayedUpgrade: OutgoingWork {
    private enum Phase {
        case waiting, calling, greeting, asked, open, over
    }

    private let foreign: ForeignRequest
    private let links: Links
    private var caller: LinkCaller?
    private var decoder = LinkFrameDecoder()
    private var phase = Phase.waiting
    private var peer: Peer?
    private var owner: Stream?
    private var client: Stream?
    private var deadline: ScheduledTimer?

    init(_ foreign: ForeignRequest, links: Links) {
        self.foreign = foreign
        self.links = links
        foreign.handler = self
    }

    func begin(at peer: Peer) {
        guard phase == .waiting else { return }
        guard peer.add(self) else { return refuseOverload() }
        phase = .calling
        self.peer = peer
        links.statistics.upgrades += 1
        links.statistics.openUpgrades += 1
        deadline = links.timing.after(links.options.silence) { [weak self] in self?.refuse() }
        Loop.start { [self] in
            do throws(LoopError) {
                let address = peer.address
                let stream = try await Stream.connect(
                    host: address.host, port: address.port, timeout: links.options.silence)
                called(stream)
            } catch {
                refuse()
            }
        }
    }

    private func called(_ stream: Stream) {
        guard phase == .calling, let peer else { return stream.close(.local) }
        phase = .greeting
        owner = stream
        stream.handler = self
        let caller = LinkCaller(key: links.key, purpose: .upgrade, own: links.own, callee: peer.address.owner)
        stream.withOutput { LinkFrame.append(.hello, 0, caller.hello[...], to: &$0) }
        self.caller = consume caller
    }

    private func ask(_ challenge: LinkFrame) throws(LinkFault) {
        guard let proof = try caller?.answer(challenge) else { throw .malformed }
        caller = nil
        phase = .asked
        let request = foreign.request
        owner?.withOutput { output in
            LinkFrame.append(.proof, 0, proof[...], to: &output)
            LinkFrame.append(.upgrade, 0, RelayedHead.encode(RequestOrigin(request))[...], to: &output)
            // Read within HTTP's limits, so it can be written again.
            try? HTTPEncoder.appendHead(
                method: request.method, target: request.target, headers: request.headers, to: &output)
        }
    }

    // MARK: Ends

    func refuse() {
        guard phase != .open, end() else { return }
        links.statistics.refused += 1
        foreign.refuseUnknownSession()
    }

    func refuseOverload() {
        guard end() else { return }
        links.statistics.overloaded += 1
        foreign.refuseUnavailable()
    }

    /// Its link is dead: what is open ends, so that the client comes back at once.
    func ownerDied() {
        if phase == .open {
            _ = end()
            client?.closeAfterFlush()
        } else {
            refuse()
        }
    }

    /// Whether this was the first end. The owner's side is closed: after what is queued when it was open.
    private func end() -> Bool {
        guard phase != .over else { return false }
        if phase == .open { owner?.closeAfterFlush() } else { owner?.close(.local) }
        phase = .over
        deadline?.cancel()
        if let peer {
            links.statistics.openUpgrades -= 1
            peer.remove(self)
        }
        peer = nil
        return true
    }

    private func finish() {
        if end() { client?.closeAfterFlush() }
    }

    // MARK: Bytes

    private func open() {
        deadline?.cancel()
        // What the client sent meanwhile is handed over at once.
        phase = .open
        client = foreign.takeStream(ClientSide(self))
        if client == nil { _ = end() }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, from source: Stream?, to sink: Stream?) {
        guard let sink else { return }
        sink.write(bytes)
        guard let source, sink.queuedBytes > LinkOptions.upgradeWindow else { return }
        source.pauseReading()
        // What the system takes at the first try is not announced; the rest is, as drained.
        links.timing.after(.zero) { [weak source, weak sink] in
            sink?.flushNow()
            if let sink, sink.queuedBytes <= LinkOptions.upgradeWindow { source?.resumeReading() }
        }
    }

    fileprivate func clientSent(_ bytes: UnsafeRawBufferPointer) {
        guard phase == .open else { return }
        links.statistics.bytesIn += UInt64(bytes.count)
        pass(bytes, from: client, to: owner)
    }

    fileprivate func clientDrained() { owner?.resumeReading() }
    fileprivate func clientEnded() { finish() }
}

extension RelayedUpgrade: ForeignRequestHandler {
    func requestCompleted(body: [UInt8]) {}
    func requestTooLarge() { _ = end() }
    func requestAborted() { _ = end() }
}

/// The owner's side.
extension RelayedUpgrade: StreamHandler {
    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        if phase == .greeting {
            var offset = 0
            do throws(LinkFault) {
                if let frame = try decoder.next(bytes, &offset) { try ask(frame) }
                // The owner says nothing further before it was asked.
                if offset < bytes.count { throw .malformed }
            } catch {
                links.statistics.faults += 1
                refuse()
            }
            return
        }
        if phase == .asked { open() }
        guard phase == .open else { return }
        links.statistics.bytesOut += UInt64(bytes.count)
        pass(bytes, from: owner, to: client)
    }

    func streamReachedEnd() { phase == .open ? finish() : refuse() }
    func streamDrained() { client?.resumeReading() }
    func streamClosed(_ reason: StreamCloseReason) { phase == .open ? finish() : refuse() }
}

/// The client's side.
@Loop private final class ClientSide: StreamHandler {
    private let upgrade: RelayedUpgrade

    init(_ upgrade: RelayedUpgrade) { self.upgrade = upgrade }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) { upgrade.clientSent(bytes) }
    func streamReachedEnd() { upgrade.clientEnded() }
    func streamDrained() { upgrade.clientDrained() }
    func streamClosed(_ reason: StreamCloseReason) { upgrade.clientEnded() }
}
