/// An event as servers pass it on to one another: a packet of MessagePack, `{type: 2, data: [event, …], nsp}`.
public struct PeerEvent: Equatable, Sendable {
    /// What the official server allows.
    static let maximumAttachments = 10

    public var name: String
    /// Raw JSON of the arguments, comma separated; refers to attachments by placeholders.
    public var json: [UInt8]
    public var attachments: [[UInt8]]

    public init(name: String, json: [UInt8], attachments: [[UInt8]] = []) {
        self.name = name
        self.json = json
        self.attachments = attachments
    }

    /// Reads the packet at `offset`. Its type may also be BINARY_EVENT, its name a number.
    /// - Parameter namespace: that of the channel; a packet without one is of `/`.
    public static func decode(
        _ bytes: Span<UInt8>, at offset: Int, namespace: String
    ) throws(WireError) -> PeerEvent {
        var reader = MessagePackReader(at: offset)
        var event: PeerEvent?
        var isOwn = namespace == "/"
        for _ in 0..<(try reader.map(bytes)) {
            let key = try reader.string(bytes)
            if bytes.equals("data", in: key) {
                event = try decodeData(bytes, &reader)
            } else if bytes.equals("nsp", in: key) {
                isOwn = bytes.equals(namespace, in: try reader.string(bytes))
            } else if bytes.equals("type", in: key) {
                let type = try reader.next(bytes)
                guard type == .integer(2) || type == .integer(5) else { throw .peerMessage(.unexpectedShape) }
            } else {
                try reader.skip(bytes)
            }
        }
        guard isOwn else { throw .peerMessage(.foreignNamespace) }
        guard let event else { throw .peerMessage(.unexpectedShape) }
        return event
    }

    private static func decodeData(
        _ bytes: Span<UInt8>, _ reader: inout MessagePackReader
    ) throws(WireError) -> PeerEvent {
        let count = try reader.array(bytes)
        guard count > 0 else { throw .peerMessage(.unexpectedShape) }
        var event = PeerEvent(name: try reader.text(bytes), json: [])
        guard !SocketIOPacket.isReserved(event.name) else { throw .peerMessage(.reservedEvent) }
        for index in 1..<max(count, 1) {
            if index > 1 { event.json.append(0x2C) }
            try reader.appendJSON(
                bytes, to: &event.json, attachments: &event.attachments, maximumAttachments: maximumAttachments)
        }
        return event
    }

    /// Writes the packet. Throws where `json` is not JSON.
    static func append(
        _ name: String, json: Span<UInt8>, attachments: [[UInt8]], namespace: String,
        to writer: inout MessagePackWriter
    ) throws(WireError) {
        writer.map(3)
        writer.value("type")
        writer.value(Int64(2))
        writer.value("data")
        let data = writer.openContainer()
        writer.value(name)
        writer.closeArray(data, 1 &+ (try writer.jsonValues(json, attachments: attachments)))
        writer.value("nsp")
        writer.value(namespace)
    }
}
