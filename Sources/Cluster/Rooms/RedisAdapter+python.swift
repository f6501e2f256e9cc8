import EventLoop
import Realtime
import Wire

/// What python-socketio's managers and write-only emitters publish: every node hears it and applies it to its own sockets.
extension RedisAdapter {
    func receivedFromPython(_ message: [UInt8]) {
        guard message.count <= Self.messageLimit else { return malformed() }
        do throws(WireError) {
            apply(try PythonManagerMessage.decode(message.span))
        } catch {
            malformed()
        }
    }

    private func apply(_ message: PythonManagerMessage) {
        switch message {
        case .emit(let event, let target, let name):
            guard let namespace = channels[name]?.namespace else { return statistics.passedOver += 1 }
            statistics.broadcasts += 1
            namespace.deliver(
                BroadcastPacket(
                    target: BroadcastTarget(target), event: event.name, json: event.json,
                    attachments: event.attachments))
        case .disconnect(let socket, let name): withSocket(socket, name) { $0.disconnect() }
        case .enterRoom(let socket, let room, let name): withSocket(socket, name) { $0.join(room) }
        case .leaveRoom(let socket, let room, let name): withSocket(socket, name) { $0.leave(room) }
        case .closeRoom(let room, let name):
            statistics.requests += 1
            channels[name]?.namespace.deliverLeave(BroadcastTarget(rooms: [room]), rooms: [room])
        case .callback: break
        }
    }

    private func withSocket(_ id: String, _ name: String, _ body: (Socket) -> Void) {
        guard let socket = channels[name]?.namespace.socket(id) else { return }
        statistics.requests += 1
        body(socket)
    }
}
