/// The packet types of Socket.IO protocol 5.
public enum SocketIOPacketType: UInt8, Sendable {
    case connect, disconnect, event, acknowledgement, connectError, binaryEvent, binaryAcknowledgement

    /// Whether attachments follow a packet of this type.
    public var isBinary: Bool { self == .binaryEvent || self == .binaryAcknowledgement }
}
