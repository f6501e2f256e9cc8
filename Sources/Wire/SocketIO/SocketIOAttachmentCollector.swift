/// Holds a binary packet's text until its attachments have followed it: immediately, in order, nothing between.
///
/// One for each connection. A binary event with no attachments is complete at once and never held.
public struct SocketIOAttachmentCollector: ~Copyable {
    /// A binary packet with all it announced.
    public struct Complete: Sendable {
        /// The packet; its ranges count from the start of `text`.
        public let packet: SocketIOPacket
        /// The bytes the packet was decoded from.
        public let text: [UInt8]
        /// The attachments, in the order of their numbers.
        public let attachments: [[UInt8]]
    }

    private var packet: SocketIOPacket?
    private var text: [UInt8] = []
    private var attachments: [[UInt8]] = []

    public init() {}

    /// Whether attachments are pending: until they have come, a text message is an error.
    public var isWaiting: Bool { packet != nil }

    /// Call before a text message is decoded.
    public func expectText() throws(WireError) {
        guard packet == nil else { throw .socketIO(.textInsteadOfAttachment) }
    }

    /// Holds `packet`, which announced at least one attachment.
    public mutating func hold(_ packet: SocketIOPacket, text: [UInt8]) throws(WireError) {
        try expectText()
        guard packet.attachmentCount > 0 else { throw .socketIO(.invalidAttachmentCount) }
        self.packet = packet
        self.text = text
    }

    /// Takes the next attachment; the packet once it was the last.
    public mutating func add(_ attachment: [UInt8]) throws(WireError) -> Complete? {
        guard let packet else { throw .socketIO(.unexpectedAttachment) }
        attachments.append(attachment)
        guard attachments.count == packet.attachmentCount else { return nil }
        let complete = Complete(packet: packet, text: text, attachments: attachments)
        self.packet = nil
        text = []
        attachments = []
        return complete
    }
}
