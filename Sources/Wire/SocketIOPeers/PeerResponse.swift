/// What a server answers to a `PeerRequest` (`@socket.io/redis-adapter` 8.3): JSON, but for acknowledgements of a
/// broadcast, which are MessagePack and come one by one.
public struct PeerResponse: Equatable, Sendable {
    public enum Body: Equatable, Sendable {
        /// Also an empty list of descriptions, which looks the same.
        case identifiers([String])
        case sockets([PeerSocket])
        case rooms([String])
        /// Raw JSON of the one value.
        case serverSideAnswer([UInt8])
        /// How many clients a broadcast reached at the answering server.
        case clientCount(Int)
        /// Raw JSON of one client's first argument.
        case acknowledgement([UInt8], attachments: [[UInt8]])
        /// Of a join, leave or disconnect in the form before 7.0.
        case done
    }

    /// Of the request.
    public var id: String
    /// The answering server's name, which nodes of this house add.
    public var node: String?
    public var body: Body

    public init(id: String, node: String? = nil, body: Body) {
        self.id = id
        self.node = node
        self.body = body
    }

    // MARK: Reading

    public static func decode(_ bytes: Span<UInt8>) throws(WireError) -> PeerResponse {
        guard bytes.count > 0 else { throw .peerMessage(.unexpectedShape) }
        return bytes[0] == 0x7B ? try decodeJSON(bytes) : try decodeMessagePack(bytes)
    }

    private static func decodeJSON(_ bytes: Span<UInt8>) throws(WireError) -> PeerResponse {
        let range = try JSONScanner.validate(bytes)
        guard let id = try JSONScanner.member("requestId", in: bytes, range) else {
            throw .peerMessage(.unexpectedShape)
        }
        var response = PeerResponse(id: try PeerJSON.text(bytes, id), body: .done)
        if let node = try JSONScanner.member("node", in: bytes, range) {
            response.node = try PeerJSON.text(bytes, node)
        }
        if let sockets = try JSONScanner.member("sockets", in: bytes, range) {
            response.body = try decodeSockets(bytes, try JSONScanner.elements(bytes, sockets))
        } else if let rooms = try JSONScanner.member("rooms", in: bytes, range) {
            response.body = .rooms(try PeerJSON.texts(bytes, rooms))
        } else if let count = try JSONScanner.member("clientCount", in: bytes, range) {
            let value = try JSONScanner.integer(bytes, count)
            guard value >= 0 else { throw .peerMessage(.unexpectedShape) }
            response.body = .clientCount(Int(value))
        } else if let data = try JSONScanner.member("data", in: bytes, range) {
            response.body = .serverSideAnswer(PeerJSON.raw(bytes, data))
        } else if let type = try JSONScanner.member("type", in: bytes, range), bytes.equals("6", in: type) {
            // JSON has no undefined: a server that acknowledges nothing leaves the field out.
            response.body = .serverSideAnswer(Array("null".utf8))
        }
        return response
    }

    private static func decodeSockets(_ bytes: Span<UInt8>, _ elements: [Range<Int>]) throws(WireError) -> Body {
        guard let first = elements.first, JSONScanner.kind(bytes, at: first.lowerBound) == .object else {
            var identifiers: [String] = []
            for element in elements { identifiers.append(try PeerJSON.text(bytes, element)) }
            return .identifiers(identifiers)
        }
        var sockets: [PeerSocket] = []
        for element in elements {
            guard let id = try JSONScanner.member("id", in: bytes, element) else {
                throw .peerMessage(.unexpectedShape)
            }
            let rooms = try JSONScanner.member("rooms", in: bytes, element)
            let handshake = try JSONScanner.member("handshake", in: bytes, element)
            let data = try JSONScanner.member("data", in: bytes, element)
            var socket = PeerSocket(id: try PeerJSON.text(bytes, id), rooms: [], handshake: null, data: null)
            if let rooms { socket.rooms = try PeerJSON.texts(bytes, rooms) }
            if let handshake { socket.handshake = PeerJSON.raw(bytes, handshake) }
            if let data { socket.data = PeerJSON.raw(bytes, data) }
            sockets.append(socket)
        }
        return .sockets(sockets)
    }

    private static let null = Array("null".utf8)

    private static func decodeMessagePack(_ bytes: Span<UInt8>) throws(WireError) -> PeerResponse {
        var reader = MessagePackReader()
        var isAcknowledgement = false
        var id: String?
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        for _ in 0..<(try reader.map(bytes)) {
            let key = try reader.string(bytes)
            if bytes.equals("type", in: key) {
                isAcknowledgement = try reader.next(bytes) == .integer(9)
            } else if bytes.equals("requestId", in: key) {
                id = try reader.text(bytes)
            } else if bytes.equals("packet", in: key) {
                json = []
                attachments = []
                try reader.appendJSON(
                    bytes, to: &json, attachments: &attachments, maximumAttachments: PeerEvent.maximumAttachments)
            } else {
                try reader.skip(bytes)
            }
        }
        guard isAcknowledgement, let id else { throw .peerMessage(.unexpectedShape) }
        return PeerResponse(
            id: id, body: .acknowledgement(json.isEmpty ? null : json, attachments: attachments))
    }

    // MARK: Writing

    /// Throws only for an acknowledgement that is not JSON.
    public func encoded() throws(WireError) -> [UInt8] {
        if case .acknowledgement(let json, let attachments) = body {
            var writer = MessagePackWriter(reservingCapacity: json.count + 64)
            writer.map(3)
            writer.value("type")
            writer.value(Int64(9))
            writer.value("requestId")
            writer.value(id)
            writer.value("packet")
            try writer.json(json.span, attachments: attachments)
            return writer.bytes
        }
        var writer = JSONWriter(reservingCapacity: 256)
        writer.object { writer in
            writer.field("requestId", id)
            if let node { writer.field("node", node) }
            switch body {
            case .identifiers(let identifiers): writer.field("sockets", identifiers)
            case .sockets(let sockets):
                writer.field("sockets") { writer in
                    writer.array { for socket in sockets { Self.append(socket, to: &$0) } }
                }
            case .rooms(let rooms): writer.field("rooms", rooms)
            case .serverSideAnswer(let json):
                writer.field("type", 6)
                writer.field("data", raw: json)
            case .clientCount(let count):
                writer.field("type", 8)
                writer.field("clientCount", count)
            case .acknowledgement, .done: break
            }
        }
        return writer.bytes
    }

    private static func append(_ socket: PeerSocket, to writer: inout JSONWriter) {
        writer.object {
            $0.field("id", socket.id)
            $0.field("handshake", raw: socket.handshake)
            $0.field("rooms", socket.rooms)
            $0.field("data", raw: socket.data)
        }
    }
}
