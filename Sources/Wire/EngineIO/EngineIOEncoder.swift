/// Appends Engine.IO 4 packets.
///
/// On a WebSocket a packet is a message of its own, binary data going as it is in a binary frame (or, for a client that
/// asked `b64=1`, as text by ``appendBinary(_:to:)``). In a polling payload ``appendSeparator(to:)`` stands between
/// packets.
public enum EngineIOEncoder {
    /// `0{…}`.
    public static func appendOpen(_ handshake: EngineIOHandshake, to bytes: inout [UInt8]) {
        bytes.append(EngineIOPacketType.open.digit)
        JSONWriter.append(to: &bytes) { writer in
            writer.object {
                $0.field("sid", handshake.sessionID)
                $0.field("upgrades") { $0.array { for upgrade in handshake.upgrades { $0.value(upgrade) } } }
                $0.field("pingInterval", handshake.pingInterval)
                $0.field("pingTimeout", handshake.pingTimeout)
                $0.field("maxPayload", handshake.maximumPayload)
            }
        }
    }

    /// A packet of text: its type's digit and `data`.
    public static func appendText(_ type: EngineIOPacketType, _ data: [UInt8] = [], to bytes: inout [UInt8]) {
        bytes.append(type.digit)
        bytes.append(contentsOf: data)
    }

    /// A binary message as text: `b` and padded base64.
    public static func appendBinary(_ data: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(0x62)
        Base64.append(data.span, to: &bytes)
    }

    /// Between two packets of a polling payload, if `bytes` is not empty.
    public static func appendSeparator(to bytes: inout [UInt8]) {
        if !bytes.isEmpty { bytes.append(EngineIOPayloadReader.separator) }
    }
}
