/// The packet types of Engine.IO protocol 4. Binary data is always a message.
public enum EngineIOPacketType: UInt8, Sendable {
    case open, close, ping, pong, message, upgrade, noop

    /// The ASCII digit that begins a text packet.
    public var digit: UInt8 { 0x30 &+ rawValue }
}
