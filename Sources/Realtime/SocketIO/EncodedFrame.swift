import Wire

/// One event of one namespace, encoded once and shared by every socket that gets it.
public final class EncodedFrame: Sendable {
    /// WebSocket frames as a server sends them (unmasked): the text packet, then one binary frame an attachment.
    let webSocketBytes: [UInt8]
    /// Where in `webSocketBytes` the Engine.IO text packet stands, which is also its form on a poll.
    let textPacket: Range<Int>
    let attachments: [[UInt8]]

    init(prefix: [UInt8], event: String, json: [UInt8], attachments: [[UInt8]]) {
        precondition(attachments.count <= SocketServerOptions.maximumAttachments, "too many attachments")
        let length = EventEncoding.eventLength(
            prefix: prefix, event: event, json: json, id: nil, attachments: attachments.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length + 10 + attachments.reduce(0) { $0 + $1.count + 10 })
        WebSocketEncoder.appendHeader(.text, length: length, to: &bytes)
        let start = bytes.count
        EventEncoding.appendEvent(
            prefix: prefix, event: event, json: json, id: nil, attachments: attachments.count, to: &bytes)
        textPacket = start..<bytes.count
        for attachment in attachments {
            WebSocketEncoder.appendHeader(.binary, length: attachment.count, to: &bytes)
            bytes.append(contentsOf: attachment)
        }
        webSocketBytes = bytes
        self.attachments = attachments
    }
}
