import Wire

/// A packet that waits for a poll.
enum PollPacket {
    /// An Engine.IO text packet, digit included.
    case text([UInt8])
    case binary([UInt8])
    /// The text packet of a shared frame.
    case frame(EncodedFrame)
    case attachment(EncodedFrame, Int)

    /// One of these and whether it lets the payload that it is in be compressed.
    struct Queued {
        let packet: PollPacket
        let compresses: Bool
    }

    /// Bytes, without framing.
    var count: Int {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes.count
        case .frame(let frame): frame.textPacket.count
        case .attachment(let frame, let index): frame.attachments[index].count
        }
    }

    /// The form on a poll: binary is `b` and base64.
    func appendPolled(to output: inout [UInt8]) {
        switch self {
        case .text(let bytes): output.append(contentsOf: bytes)
        case .binary(let bytes): Self.appendBinary(bytes, to: &output)
        case .frame(let frame): output.append(contentsOf: frame.webSocketBytes[frame.textPacket])
        case .attachment(let frame, let index): Self.appendBinary(frame.attachments[index], to: &output)
        }
    }

    /// The form on a WebSocket, frame header included.
    func appendFramed(to output: inout [UInt8]) {
        switch self {
        case .text(let bytes):
            WebSocketEncoder.appendHeader(.text, length: bytes.count, to: &output)
            output.append(contentsOf: bytes)
        case .binary(let bytes):
            WebSocketEncoder.appendHeader(.binary, length: bytes.count, to: &output)
            output.append(contentsOf: bytes)
        case .frame(let frame):
            WebSocketEncoder.appendHeader(.text, length: frame.textPacket.count, to: &output)
            output.append(contentsOf: frame.webSocketBytes[frame.textPacket])
        case .attachment(let frame, let index):
            WebSocketEncoder.appendHeader(.binary, length: frame.attachments[index].count, to: &output)
            output.append(contentsOf: frame.attachments[index])
        }
    }

    private static func appendBinary(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "b"))
        Base64.append(bytes.span, to: &output)
    }
}
