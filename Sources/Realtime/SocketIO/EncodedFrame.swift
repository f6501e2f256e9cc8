import EventLoop
import Wire

/// One event of one namespace, encoded once and shared by every socket that gets it.
public final class EncodedFrame: Sendable {
    /// WebSocket frames as a server sends them (unmasked): the text packet, then one binary frame an attachment.
    let webSocketBytes: [UInt8]
    /// Where in `webSocketBytes` the Engine.IO text packet stands, which is also its form on a poll.
    let textPacket: Range<Int>
    let attachments: [[UInt8]]
    /// `webSocketBytes` for connections with permessage-deflate, made for the first of them.
    @Loop private var compressed: (by: MessageCompression, bytes: [UInt8])?
    /// What stands behind the arguments, for clients that recover.
    let offset: RecoveryOffset?
    /// Such a client would take the last element for an offset.
    let isMistakable: Bool

    /// `id`: asks every receiver for an acknowledgement of that number.
    init(
        prefix: [UInt8], event: String, json arguments: [UInt8], attachments: [[UInt8]], id: Int? = nil,
        offset: RecoveryOffset? = nil
    ) {
        precondition(attachments.count <= SocketServerOptions.maximumAttachments, "too many attachments")
        self.offset = offset
        isMistakable = offset == nil && RecoveryOffset.isMistakable(arguments)
        let json = offset?.appended(to: arguments) ?? arguments
        let length = EventEncoding.eventLength(
            prefix: prefix, event: event, json: json, id: id, attachments: attachments.count)
        let header = WebSocketEncoder.maximumHeader
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length + header + attachments.reduce(0) { $0 + $1.count + header })
        bytes.append(addingCapacity: length + header) { output in
            WebSocketEncoder.appendHeader(.text, length: length, to: &output)
            EventEncoding.appendEvent(
                prefix: prefix, event: event, json: json, id: id, attachments: attachments.count, to: &output)
        }
        textPacket = bytes.count - length..<bytes.count
        for attachment in attachments {
            WebSocketEncoder.appendHeader(.binary, length: attachment.count, to: &bytes)
            bytes.append(contentsOf: attachment)
        }
        webSocketBytes = bytes
        self.attachments = attachments
    }

    /// The same messages in frames that `compression` makes of those of `threshold` bytes or more. Made once for all
    /// connections that share a compression; nil when none is that long.
    @Loop func bytes(compressedBy compression: MessageCompression, from threshold: Int) -> [UInt8]? {
        if let compressed, compressed.by === compression, compression.agreement.serverForgets {
            return compressed.bytes
        }
        guard textPacket.count >= threshold || attachments.contains(where: { $0.count >= threshold }) else {
            return nil
        }
        var bytes: [UInt8] = []
        func append(_ opcode: WebSocketOpcode, _ message: UnsafeRawBufferPointer) {
            if message.count >= threshold {
                compression.appendFrame(opcode, message, to: &bytes)
            } else {
                WebSocketEncoder.appendHeader(opcode, length: message.count, to: &bytes)
                bytes.append(contentsOf: message)
            }
        }
        webSocketBytes.withUnsafeBytes { append(.text, UnsafeRawBufferPointer(rebasing: $0[textPacket])) }
        for attachment in attachments { attachment.withUnsafeBytes { append(.binary, $0) } }
        if compression.agreement.serverForgets { compressed = (compression, bytes) }
        return bytes
    }
}
