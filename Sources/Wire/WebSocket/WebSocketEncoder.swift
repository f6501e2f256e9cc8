/// Appends WebSocket frames (RFC 6455 section 5.2). Messages go out in one frame each.
public enum WebSocketEncoder {
    /// A server's frame: header and payload.
    public static func appendFrame(_ opcode: WebSocketOpcode, _ payload: [UInt8], to bytes: inout [UInt8]) {
        appendHeader(opcode, length: payload.count, to: &bytes)
        bytes.append(contentsOf: payload)
    }

    /// A server's header; `length` bytes of payload are to follow it.
    public static func appendHeader(
        _ opcode: WebSocketOpcode, length: Int, isCompressed: Bool = false, to bytes: inout [UInt8]
    ) {
        appendHeader(opcode, length: length, isCompressed: isCompressed, isMasked: false, to: &bytes)
    }

    /// A client's frame, masked with `mask`, which is to be unpredictable (section 10.3).
    public static func appendMaskedFrame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], mask: UInt32, isCompressed: Bool = false,
        to bytes: inout [UInt8]
    ) {
        appendHeader(opcode, length: payload.count, isCompressed: isCompressed, isMasked: true, to: &bytes)
        for shift in [UInt32(0), 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: mask >> shift)) }
        WebSocketMask.append(payload.span, mask: mask, to: &bytes)
    }

    /// The payload of a close frame: `code`, and as much of `reason` as the 123 bytes left for it hold.
    public static func closePayload(code: UInt16, reason: String = "") -> [UInt8] {
        var payload = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        for scalar in reason.unicodeScalars {
            guard payload.count &+ UTF8.width(scalar) <= 125 else { break }
            payload.append(contentsOf: Character(scalar).utf8)
        }
        return payload
    }

    /// A server's header, into an output that has room for it: ``maximumHeader`` bytes at most.
    public static func appendHeader(
        _ opcode: WebSocketOpcode, length: Int, isCompressed: Bool = false, to bytes: inout OutputSpan<UInt8>
    ) {
        appendHeader(opcode, length: length, isCompressed: isCompressed, isMasked: false, to: &bytes)
    }

    /// Bytes of the longest header, without a mask.
    public static let maximumHeader = 10

    private static func appendHeader(
        _ opcode: WebSocketOpcode, length: Int, isCompressed: Bool, isMasked: Bool, to bytes: inout [UInt8]
    ) {
        bytes.append(addingCapacity: maximumHeader) {
            appendHeader(opcode, length: length, isCompressed: isCompressed, isMasked: isMasked, to: &$0)
        }
    }

    private static func appendHeader(
        _ opcode: WebSocketOpcode, length: Int, isCompressed: Bool, isMasked: Bool, to bytes: inout OutputSpan<UInt8>
    ) {
        bytes.append(0x80 | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        let extended: Int
        switch length {
        case ...125:
            bytes.append(maskBit | UInt8(truncatingIfNeeded: length))
            return
        case ...0xFFFF:
            bytes.append(maskBit | 126)
            extended = 2
        default:
            bytes.append(maskBit | 127)
            extended = 8
        }
        for index in stride(from: extended &- 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: length >> (8 &* index)))
        }
    }
}
