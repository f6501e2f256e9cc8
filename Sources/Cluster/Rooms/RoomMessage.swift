import Realtime

/// What adapters tell one another over the bus. Between versions: a reader drops what it does not know.
enum RoomMessage: Sendable {
    case broadcast(BroadcastPacket)
    case join(BroadcastTarget, rooms: [String])
    case leave(BroadcastTarget, rooms: [String])
    case disconnect(BroadcastTarget, close: Bool)
    /// Asks every node for its sockets; answered on the own channel of the node whose sockets' prefix is `asker`.
    case fetch(BroadcastTarget, request: UInt64, asker: String)
    case fetched(request: UInt64, node: String, [SocketDescription])
    case serverSideEmit(event: String, json: [UInt8])

    private static let version: UInt8 = 1

    private var kind: UInt8 {
        switch self {
        case .broadcast: 1
        case .join: 2
        case .leave: 3
        case .disconnect: 4
        case .fetch: 5
        case .fetched: 6
        case .serverSideEmit: 7
        }
    }

    /// - Parameters:
    ///   - sender: tells the sending adapter, so that it passes over its own.
    ///   - namespace: by name; channels alone do not tell namespaces apart for good.
    func encoded(sender: UInt64, namespace: String) -> [UInt8] {
        var writer = FieldWriter()
        writer.byte(Self.version)
        writer.byte(kind)
        writer.number(sender)
        writer.text(namespace)
        switch self {
        case .broadcast(let packet):
            writer.byte(packet.flags.rawValue)
            writer.target(packet.target)
            writer.text(packet.event)
            writer.bytes(packet.json)
            writer.list(packet.attachments) { $0.bytes($1) }
        case .join(let target, let rooms), .leave(let target, let rooms):
            writer.target(target)
            writer.list(rooms) { $0.text($1) }
        case .disconnect(let target, let close):
            writer.target(target)
            writer.byte(close ? 1 : 0)
        case .fetch(let target, let request, let asker):
            writer.target(target)
            writer.number(request)
            writer.text(asker)
        case .fetched(let request, let node, let sockets):
            writer.number(request)
            writer.text(node)
            writer.list(sockets) { writer, socket in
                writer.text(socket.id)
                writer.list(socket.rooms) { $0.text($1) }
                writer.text(socket.remoteAddress)
            }
        case .serverSideEmit(let event, let json):
            writer.text(event)
            writer.bytes(json)
        }
        return writer.output
    }

    /// nil for what is cut short, or of a kind or version that is not known.
    static func decode(_ bytes: [UInt8]) -> (sender: UInt64, namespace: String, message: RoomMessage)? {
        var reader = FieldReader(bytes)
        guard reader.byte() == version, let kind = reader.byte(), let sender = reader.number(),
            let namespace = reader.text(), let message = decode(kind, &reader)
        else { return nil }
        return (sender, namespace, message)
    }

    private static func decode(_ kind: UInt8, _ reader: inout FieldReader) -> RoomMessage? {
        switch kind {
        case 1:
            guard let flags = reader.byte(), let target = reader.target(), let event = reader.text(),
                let json = reader.bytes(), let attachments = reader.list({ $0.bytes() })
            else { return nil }
            return .broadcast(
                BroadcastPacket(
                    target: target, flags: BroadcastFlags(rawValue: flags), event: event, json: json,
                    attachments: attachments))
        case 2, 3:
            guard let target = reader.target(), let rooms = reader.list({ $0.text() }) else { return nil }
            return kind == 2 ? .join(target, rooms: rooms) : .leave(target, rooms: rooms)
        case 4:
            guard let target = reader.target(), let close = reader.byte() else { return nil }
            return .disconnect(target, close: close != 0)
        case 5:
            guard let target = reader.target(), let request = reader.number(), let asker = reader.text() else {
                return nil
            }
            return .fetch(target, request: request, asker: asker)
        case 6:
            guard let request = reader.number(), let node = reader.text(), let sockets = reader.list({ socket(&$0) })
            else { return nil }
            return .fetched(request: request, node: node, sockets)
        case 7:
            guard let event = reader.text(), let json = reader.bytes() else { return nil }
            return .serverSideEmit(event: event, json: json)
        default:
            return nil
        }
    }

    private static func socket(_ reader: inout FieldReader) -> SocketDescription? {
        guard let id = reader.text(), let rooms = reader.list({ $0.text() }), let address = reader.text() else {
            return nil
        }
        return SocketDescription(id: id, rooms: rooms, remoteAddress: address)
    }
}
