/// What python-socketio's managers and write-only emitters tell one another on their one channel: JSON since its version
/// 5.14. What older ones send is Python's pickle, which is refused unread.
public enum PythonManagerMessage: Equatable, Sendable {
    case emit(PeerEvent, target: PeerTarget, namespace: String)
    case disconnect(socket: String, namespace: String)
    case enterRoom(socket: String, room: String, namespace: String)
    case leaveRoom(socket: String, room: String, namespace: String)
    case closeRoom(String, namespace: String)
    /// The answer to a question that a Python server asked of another.
    case callback

    public static func decode(_ bytes: Span<UInt8>) throws(WireError) -> PythonManagerMessage {
        let whole = try JSONScanner.validate(bytes)
        func text(_ name: String) throws(WireError) -> String {
            guard let text = try optionalText(bytes, whole, name) else { throw .peerMessage(.unexpectedShape) }
            return text
        }
        let namespace = try optionalText(bytes, whole, "namespace") ?? "/"
        switch try text("method") {
        case "emit": return try emit(bytes, whole, namespace)
        case "disconnect": return .disconnect(socket: try text("sid"), namespace: namespace)
        case "enter_room":
            return .enterRoom(socket: try text("sid"), room: try text("room"), namespace: namespace)
        case "leave_room":
            return .leaveRoom(socket: try text("sid"), room: try text("room"), namespace: namespace)
        case "close_room": return .closeRoom(try text("room"), namespace: namespace)
        case "callback": return .callback
        default: throw .peerMessage(.unknownRequest)
        }
    }

    /// Nil when missing or null.
    private static func optionalText(
        _ bytes: Span<UInt8>, _ whole: Range<Int>, _ name: String
    ) throws(WireError) -> String? {
        guard let range = try JSONScanner.member(name, in: bytes, whole),
            JSONScanner.kind(bytes, at: range.lowerBound) != .null
        else { return nil }
        return try PeerJSON.text(bytes, range)
    }

    private static func emit(
        _ bytes: Span<UInt8>, _ whole: Range<Int>, _ namespace: String
    ) throws(WireError) -> PythonManagerMessage {
        guard let name = try optionalText(bytes, whole, "event"),
            let data = try JSONScanner.member("data", in: bytes, whole)
        else { throw .peerMessage(.unexpectedShape) }
        guard !SocketIOPacket.isReserved(name) else { throw .peerMessage(.reservedEvent) }
        var target = PeerTarget()
        if let rooms = try JSONScanner.member("room", in: bytes, whole) {
            target.rooms = try PeerJSON.texts(bytes, rooms)
        }
        if let skipped = try JSONScanner.member("skip_sid", in: bytes, whole) {
            target.except = try PeerJSON.texts(bytes, skipped)
        }
        var arguments = try JSONScanner.elements(bytes, data)
        var attachments: [[UInt8]] = []
        if let mark = try JSONScanner.member("binary", in: bytes, whole), bytes.equals("true", in: mark) {
            // [[arguments with placeholders], base64, …]
            guard let first = arguments.first else { throw .peerMessage(.unexpectedShape) }
            for part in arguments.dropFirst() {
                guard attachments.count < PeerEvent.maximumAttachments,
                    JSONScanner.kind(bytes, at: part.lowerBound) == .string,
                    let bytes = Base64.decode(bytes, in: part.lowerBound + 1..<part.upperBound - 1)
                else { throw .peerMessage(.unexpectedShape) }
                attachments.append(bytes)
            }
            arguments = try JSONScanner.elements(bytes, first)
        }
        // None, which stands for no argument at all.
        if arguments.count == 1, JSONScanner.kind(bytes, at: arguments[0].lowerBound) == .null { arguments = [] }
        let event = PeerEvent(
            name: name, json: PeerJSON.values(bytes, arguments, dropping: 0), attachments: attachments)
        return .emit(event, target: target, namespace: namespace)
    }
}
