/// What a server or an emitter asks of every server of a namespace (`@socket.io/redis-adapter` 8.3): JSON, but for a
/// broadcast that wants acknowledgements, which is MessagePack.
public struct PeerRequest: Equatable, Sendable {
    public enum Body: Equatable, Sendable {
        /// Ids of the sockets in any of the rooms.
        case sockets(rooms: [String])
        case allRooms
        case join(PeerTarget, rooms: [String])
        case leave(PeerTarget, rooms: [String])
        /// `close`: the connections under the sockets too.
        case disconnect(PeerTarget, close: Bool)
        case fetch(PeerTarget)
        /// `json`: raw JSON of the arguments, comma separated.
        case serverSideEmit(event: String, json: [UInt8])
        /// `packet`: where it begins, for `PeerEvent.decode`.
        case broadcast(PeerTarget, packet: Int, timeoutMilliseconds: Int?)
    }

    /// Of the sender; empty where an emitter gives none.
    public var uid: String
    /// What the answers are to bear; nil where none is wanted.
    public var id: String?
    /// The sender's name, which nodes of this house add: they are answered on their own channel, others on the common one.
    public var node: String?
    /// Of the form before 7.0, whose joins, leaves and disconnects of single sockets are answered.
    public var isLegacy = false
    public var body: Body

    public init(uid: String, id: String? = nil, node: String? = nil, body: Body) {
        self.uid = uid
        self.id = id
        self.node = node
        self.body = body
    }

    // MARK: Reading

    public static func decode(_ bytes: Span<UInt8>) throws(WireError) -> PeerRequest {
        guard bytes.count > 0 else { throw .peerMessage(.unexpectedShape) }
        return bytes[0] == 0x7B ? try decodeJSON(bytes) : try decodeMessagePack(bytes)
    }

    private struct Fields {
        var type: Int64?
        var uid = ""
        var id: String?
        var node: String?
        var target = PeerTarget()
        var hasTarget = false
        var rooms: [String] = []
        var socket: String?
        var room: String?
        var close = false
        var data: Range<Int>?
    }

    private static func decodeJSON(_ bytes: Span<UInt8>) throws(WireError) -> PeerRequest {
        var fields = Fields()
        let range = try JSONScanner.validate(bytes)
        for (name, value) in try members(bytes, range) {
            switch name {
            case "type": fields.type = try JSONScanner.integer(bytes, value)
            case "uid": fields.uid = try PeerJSON.text(bytes, value)
            case "requestId": fields.id = try PeerJSON.text(bytes, value)
            case "node": fields.node = try PeerJSON.text(bytes, value)
            case "opts":
                fields.target = try PeerJSON.target(bytes, value)
                fields.hasTarget = true
            case "rooms": fields.rooms = try PeerJSON.texts(bytes, value)
            case "sid": fields.socket = try PeerJSON.text(bytes, value)
            case "room": fields.room = try PeerJSON.text(bytes, value)
            case "close": fields.close = try JSONScanner.bool(bytes, value)
            case "data": fields.data = value
            default: break
            }
        }
        var request = PeerRequest(
            uid: fields.uid, id: fields.id, node: fields.node, body: try body(fields, bytes))
        request.isLegacy = !fields.hasTarget && fields.socket != nil
        return request
    }

    private static func members(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(WireError) -> [(name: String, value: Range<Int>)] {
        var ranges: [(Range<Int>, Range<Int>)] = []
        try JSONScanner.forEachMember(bytes, range) { name, value throws(WireError) in ranges.append((name, value)) }
        return ranges.map { (MessagePackReader.text(bytes, $0.0), $0.1) }
    }

    private static func body(_ fields: Fields, _ bytes: Span<UInt8>) throws(WireError) -> Body {
        switch fields.type {
        case 0: return .sockets(rooms: fields.rooms)
        case 1: return .allRooms
        case 2, 3:
            var (target, rooms) = (fields.target, fields.rooms)
            if !fields.hasTarget {
                guard let socket = fields.socket, let room = fields.room else { throw .peerMessage(.unexpectedShape) }
                target.rooms = [socket]
                rooms = [room]
            }
            return fields.type == 2 ? .join(target, rooms: rooms) : .leave(target, rooms: rooms)
        case 4:
            if fields.hasTarget { return .disconnect(fields.target, close: fields.close) }
            guard let socket = fields.socket else { throw .peerMessage(.unexpectedShape) }
            return .disconnect(PeerTarget(rooms: [socket]), close: fields.close)
        case 5:
            guard fields.hasTarget else { throw .peerMessage(.unexpectedShape) }
            return .fetch(fields.target)
        case 6:
            guard let data = fields.data else { throw .peerMessage(.unexpectedShape) }
            let elements = try JSONScanner.elements(bytes, data)
            guard let first = elements.first else { throw .peerMessage(.unexpectedShape) }
            let event = try PeerJSON.text(bytes, first)
            guard !["connect", "connection", "new_namespace"].contains(event) else {
                throw .peerMessage(.reservedEvent)
            }
            return .serverSideEmit(event: event, json: PeerJSON.values(bytes, elements, dropping: 1))
        default: throw .peerMessage(.unknownRequest)
        }
    }

    private static func decodeMessagePack(_ bytes: Span<UInt8>) throws(WireError) -> PeerRequest {
        var reader = MessagePackReader()
        var type: MessagePackToken?
        var (uid, id, node) = ("", String?.none, String?.none)
        var packet: Int?
        var options: PeerOptions?
        for _ in 0..<(try reader.map(bytes)) {
            let key = try reader.string(bytes)
            if bytes.equals("type", in: key) {
                type = try reader.next(bytes)
            } else if bytes.equals("uid", in: key) {
                uid = try reader.text(bytes)
            } else if bytes.equals("requestId", in: key) {
                id = try reader.text(bytes)
            } else if bytes.equals("node", in: key) {
                node = try reader.text(bytes)
            } else if bytes.equals("opts", in: key) {
                options = try PeerOptions.decode(bytes, &reader)
            } else {
                if bytes.equals("packet", in: key) { packet = reader.offset }
                try reader.skip(bytes)
            }
        }
        guard type == .integer(7) else { throw .peerMessage(.unknownRequest) }
        guard let packet, let options, id != nil else { throw .peerMessage(.unexpectedShape) }
        return PeerRequest(
            uid: uid, id: id, node: node,
            body: .broadcast(options.target, packet: packet, timeoutMilliseconds: options.timeoutMilliseconds))
    }

    // MARK: Writing

    /// As JSON; a broadcast has its own form, `encodeBroadcast`.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.object { writer in
            writer.field("uid", uid)
            if let id { writer.field("requestId", id) }
            if let node { writer.field("node", node) }
            switch body {
            case .sockets(let rooms):
                writer.field("type", 0)
                writer.field("rooms", rooms)
            case .allRooms: writer.field("type", 1)
            case .join(let target, let rooms), .leave(let target, let rooms):
                if case .join = body { writer.field("type", 2) } else { writer.field("type", 3) }
                writer.field("opts", target)
                writer.field("rooms", rooms)
            case .disconnect(let target, let close):
                writer.field("type", 4)
                writer.field("opts", target)
                writer.field("close", close)
            case .fetch(let target):
                writer.field("type", 5)
                writer.field("opts", target)
            case .serverSideEmit(let event, let json):
                writer.field("type", 6)
                var data: [UInt8] = [0x5B]
                JSONWriter.appendString(event, to: &data)
                if !json.isEmpty { data.append(0x2C) }
                data.append(contentsOf: json)
                data.append(0x5D)
                writer.field("data", raw: data)
            case .broadcast: writer.field("type", 7)
            }
        }
        return writer.bytes
    }

    /// A broadcast that wants acknowledgements: `{uid, requestId, type: 7, packet, opts}`. Throws where `json` is not JSON.
    public static func encodeBroadcast(
        _ event: PeerEvent, namespace: String, uid: String, id: String, node: String, target: PeerTarget,
        timeoutMilliseconds: Int
    ) throws(WireError) -> [UInt8] {
        var writer = MessagePackWriter(reservingCapacity: event.json.count + 256)
        writer.map(6)
        writer.value("uid")
        writer.value(uid)
        writer.value("requestId")
        writer.value(id)
        writer.value("node")
        writer.value(node)
        writer.value("type")
        writer.value(Int64(7))
        writer.value("packet")
        try PeerEvent.append(
            event.name, json: event.json.span, attachments: event.attachments, namespace: namespace, to: &writer)
        writer.value("opts")
        PeerOptions(target: target, timeoutMilliseconds: timeoutMilliseconds).append(to: &writer)
        return writer.bytes
    }
}
