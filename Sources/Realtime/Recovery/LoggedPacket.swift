/// A broadcast as a recovery log keeps it.
public struct LoggedPacket: Sendable {
    public let number: UInt64
    public let packet: BroadcastPacket

    public init(number: UInt64, packet: BroadcastPacket) {
        self.number = number
        self.packet = packet
    }
}
