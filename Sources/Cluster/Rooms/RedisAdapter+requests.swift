import EventLoop
import Realtime
import Wire

/// What other servers and emitters ask of this node.
extension RedisAdapter {
    func receivedRequest(_ message: [UInt8], _ own: NamespaceChannels) {
        guard message.count <= Self.messageLimit else { return malformed() }
        do throws(WireError) {
            let request = try PeerRequest.decode(message.span)
            // What this node asked of all it has done, or asked itself, already.
            guard request.uid != uid else { return }
            statistics.requests += 1
            try carryOut(request, message, own)
        } catch {
            malformed()
        }
    }

    private func carryOut(
        _ request: PeerRequest, _ message: [UInt8], _ own: NamespaceChannels
    ) throws(WireError) {
        let namespace = own.namespace
        switch request.body {
        case .sockets(let rooms): answer(request, .identifiers(namespace.socketIDs(in: rooms)), own)
        case .allRooms: answer(request, .rooms(namespace.roomsWithIDs), own)
        case .join(let target, let rooms):
            let target = BroadcastTarget(target)
            acknowledgeLegacy(request, target, own)
            namespace.deliverJoin(target, rooms: rooms)
        case .leave(let target, let rooms):
            let target = BroadcastTarget(target)
            acknowledgeLegacy(request, target, own)
            namespace.deliverLeave(target, rooms: rooms)
        case .disconnect(let target, let close):
            let target = BroadcastTarget(target)
            acknowledgeLegacy(request, target, own)
            namespace.deliverDisconnect(target, close: close)
        case .fetch(let target):
            let sockets = namespace.describe(BroadcastTarget(target)).map {
                PeerSocket(id: $0.id, rooms: $0.rooms, handshake: $0.handshake, data: $0.data)
            }
            answer(request, .sockets(sockets), own)
        case .serverSideEmit(let event, let json):
            guard request.id != nil else {
                namespace.onServerSideEmit?(event, json)
                return
            }
            var isAnswered = false
            namespace.onServerSideRequest?(event, json) { [weak self] value in
                guard !isAnswered else { return }
                isAnswered = true
                self?.answer(request, .serverSideAnswer(value.isEmpty ? Array("null".utf8) : value), own)
            }
        case .broadcast(let target, let packet, let timeout):
            let event = try PeerEvent.decode(message.span, at: packet, namespace: namespace.name)
            deliver(event, BroadcastTarget(target), timeout.map { .milliseconds($0) } ?? Self.owedTime, request, own)
        }
    }

    private func deliver(
        _ event: PeerEvent, _ target: BroadcastTarget, _ timeout: Duration, _ request: PeerRequest,
        _ own: NamespaceChannels
    ) {
        guard owed < Self.owedLimit else {
            statistics.refused += 1
            return
        }
        owed += 1
        var waiting = 0
        let packet = BroadcastPacket(
            target: target, event: event.name, json: event.json, attachments: event.attachments)
        let count = own.namespace.deliver(packet, within: min(timeout, Self.owedTime)) { [weak self] result in
            waiting -= 1
            if waiting == 0 { self?.owed -= 1 }
            guard case .success(let given) = result else { return }
            let first = given.first
            self?.answer(request, .acknowledgement(first.json, attachments: first.attachments), own)
        }
        // A socket may end while it is written to, before the number is known.
        waiting += count
        if waiting == 0 { owed -= 1 }
        answer(request, .clientCount(count), own)
    }

    /// The form before 7.0 names one socket, whose server confirms.
    private func acknowledgeLegacy(_ request: PeerRequest, _ target: BroadcastTarget, _ own: NamespaceChannels) {
        guard request.isLegacy, target.rooms.contains(where: { own.namespace.socket($0) != nil }) else { return }
        answer(request, .done, own)
    }

    /// Nodes of this house listen on their own channel, older official servers on the common one alone.
    private func answer(_ request: PeerRequest, _ body: PeerResponse.Body, _ own: NamespaceChannels) {
        guard let id = request.id else { return }
        let channel = request.node == nil ? own.response : own.response + request.uid + "#"
        do throws(WireError) {
            bus.publish(foreign: channel, try PeerResponse(id: id, node: nodeName, body: body).encoded())
        } catch {
            statistics.unencodable += 1
        }
    }
}
