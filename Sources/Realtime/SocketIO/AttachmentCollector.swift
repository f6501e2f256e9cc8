import EventLoop
import Wire

/// A binary packet whose attachments have not all come.
@Loop final class AttachmentCollector: DeadlineNode {
    let packet: SocketIOPacket
    let text: [UInt8]
    /// Of all that has come.
    private(set) var bytes: Int
    private var parts: [[UInt8]] = []

    private unowned let connection: SocketConnection

    init(packet: SocketIOPacket, text: [UInt8], connection: SocketConnection) {
        self.packet = packet
        self.connection = connection
        self.text = text
        bytes = text.count
    }

    override func deadlinePassed() {
        connection.attachmentsOverdue()
    }

    /// All parts, once the last has come.
    func add(_ part: [UInt8]) -> [[UInt8]]? {
        parts.append(part)
        bytes += part.count
        return parts.count == packet.attachmentCount ? parts : nil
    }
}
