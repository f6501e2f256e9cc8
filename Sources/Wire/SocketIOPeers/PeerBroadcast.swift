/// A broadcast between servers, as `@socket.io/redis-adapter` 8.3 and `@socket.io/redis-emitter` 5 have it: the MessagePack
/// array `[uid, packet, opts]`. This house adds a fourth element, the place in its log, which those pass over.
///
/// Reading stops short of the event itself: whoever has nobody for it leaves it unread.
public struct PeerBroadcast: Equatable, Sendable {
    public let target: PeerTarget
    public let isVolatile: Bool
    public let isUncompressed: Bool
    /// Where in the bytes the packet begins, for `PeerEvent.decode`.
    public let packet: Int
    /// The text of the fourth element.
    public let position: String?

    /// - Parameter uid: of the reader, whose own messages are nil, but for those with a place in the log.
    public static func decode(_ bytes: Span<UInt8>, passingOver uid: String) throws(WireError) -> PeerBroadcast? {
        var reader = MessagePackReader()
        let count = try reader.array(bytes)
        guard count >= 3 else { throw .peerMessage(.unexpectedShape) }
        // Pre-3.0 emitters may leave their name out.
        if case .string(let sender) = try reader.next(bytes), count == 3, bytes.equals(uid, in: sender) { return nil }
        let packet = reader.offset
        try reader.skip(bytes)
        let options = try PeerOptions.decode(bytes, &reader)
        var position: String?
        if count > 3, case .string(let range) = try reader.next(bytes) {
            position = MessagePackReader.text(bytes, range)
        }
        return PeerBroadcast(
            target: options.target, isVolatile: options.isVolatile, isUncompressed: options.isUncompressed,
            packet: packet, position: position)
    }

    // MARK: Writing

    /// Writes a broadcast of an event.
    /// - Parameter leavesRoom: announces a fourth element, which whoever numbers the message appends: a text, which `decode` gives as
    ///   `position`. Official servers read the first three.
    public static func append(
        _ name: String, json: Span<UInt8>, attachments: [[UInt8]], namespace: String, uid: String,
        target: PeerTarget, isVolatile: Bool, isUncompressed: Bool = false, leavesRoom: Bool = false,
        to writer: inout MessagePackWriter
    ) throws(WireError) {
        writer.array(leavesRoom ? 4 : 3)
        writer.value(uid)
        try PeerEvent.append(name, json: json, attachments: attachments, namespace: namespace, to: &writer)
        PeerOptions(target: target, isVolatile: isVolatile, isUncompressed: isUncompressed).append(to: &writer)
    }
}
