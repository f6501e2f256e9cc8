/// One Engine.IO 4 packet as it lies in its bytes.
public enum EngineIOPacket: Equatable, Sendable {
    /// A text packet; the range is its data, behind the type digit.
    case text(EngineIOPacketType, Range<Int>)
    /// A binary message that came as `b` + base64.
    case binary([UInt8])

    /// Decodes the packet that fills `range`: a WebSocket text message or one packet of a polling payload.
    public static func decode(_ bytes: Span<UInt8>, in range: Range<Int>) throws(WireError) -> EngineIOPacket {
        guard !range.isEmpty else { throw .engineIO(.emptyPacket) }
        let first = bytes[range.lowerBound]
        let data = range.lowerBound &+ 1..<range.upperBound
        if first == 0x62 {
            guard let decoded = Base64.decode(bytes, in: data) else { throw .engineIO(.invalidBase64) }
            return .binary(decoded)
        }
        guard first >= 0x30, let type = EngineIOPacketType(rawValue: first &- 0x30) else {
            throw .engineIO(.unknownType)
        }
        return .text(type, data)
    }

    /// Decodes a WebSocket text message.
    public static func decode(_ bytes: Span<UInt8>) throws(WireError) -> EngineIOPacket {
        try decode(bytes, in: 0..<bytes.count)
    }
}
