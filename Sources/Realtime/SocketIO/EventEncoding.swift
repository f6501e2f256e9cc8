import EventLoop
import Wire

/// Writes EVENT and ACK packets (Socket.IO 5 grammar) around raw JSON arguments, with the Engine.IO message digit in
/// front, straight into an output buffer whose frame header needs the length first.
enum EventEncoding {
    /// Bytes that `appendEvent` will append.
    static func eventLength(prefix: [UInt8], event: String, json: [UInt8], id: Int?, attachments: Int) -> Int {
        var length = 2 + prefix.count + 2 + escapedLength(event) + 2
        if attachments > 0 { length += digits(attachments) + 1 }
        if let id { length += digits(id) }
        if !json.isEmpty { length += 1 + json.count }
        return length
    }

    /// `4` `2`/`5` [attachments `-`] [namespace `,`] [id] `["event",…]`.
    static func appendEvent(
        prefix: [UInt8], event: String, json: [UInt8], id: Int?, attachments: Int, to output: inout OutputSpan<UInt8>
    ) {
        output.append(UInt8(ascii: "4"))
        if attachments > 0 {
            output.append(UInt8(ascii: "5"))
            appendDecimal(attachments, to: &output)
            output.append(UInt8(ascii: "-"))
        } else {
            output.append(UInt8(ascii: "2"))
        }
        output.append(contentsOf: prefix)
        if let id { appendDecimal(id, to: &output) }
        output.append(UInt8(ascii: "["))
        output.append(UInt8(ascii: "\""))
        appendEscaped(event, to: &output)
        output.append(UInt8(ascii: "\""))
        if !json.isEmpty {
            output.append(UInt8(ascii: ","))
            output.append(contentsOf: json)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Bytes that `appendAcknowledgement` will append.
    static func acknowledgementLength(prefix: [UInt8], id: Int, jsonCount: Int, attachments: Int) -> Int {
        4 + prefix.count + jsonCount + digits(id) + (attachments > 0 ? digits(attachments) + 1 : 0)
    }

    /// `4` `3`/`6` [attachments `-`] [namespace `,`] id `[…]`.
    static func appendAcknowledgement(
        prefix: [UInt8], id: Int, json: UnsafeRawBufferPointer, attachments: Int, to output: inout OutputSpan<UInt8>
    ) {
        output.append(UInt8(ascii: "4"))
        if attachments > 0 {
            output.append(UInt8(ascii: "6"))
            appendDecimal(attachments, to: &output)
            output.append(UInt8(ascii: "-"))
        } else {
            output.append(UInt8(ascii: "3"))
        }
        output.append(contentsOf: prefix)
        appendDecimal(id, to: &output)
        output.append(UInt8(ascii: "["))
        output.append(contentsOf: json)
        output.append(UInt8(ascii: "]"))
    }

    /// What stands before `jsonCount` bytes of arguments and the closing bracket of an acknowledgement in the main namespace,
    /// without attachments, as a WebSocket frame of a server: its header, `4` `3` id `[`. nil where that is more than sixteen
    /// bytes.
    @inline(__always)
    static func acknowledgementHead(id: Int, jsonCount: Int) -> ShortBytes? {
        guard id < 10_000_000 else { return nil }
        // From the last to the first.
        var rest = UInt64(truncatingIfNeeded: id)
        var tail = UInt64(UInt8(ascii: "["))
        var digits = 0
        repeat {
            let tenth = rest / 10
            tail = tail << 8 | (UInt64(UInt8(ascii: "0")) + rest - tenth * 10)
            rest = tenth
            digits += 1
        } while rest > 0
        let length = UInt64(4 + digits + jsonCount)
        let type = UInt64(UInt8(ascii: "4")) | UInt64(UInt8(ascii: "3")) << 8
        if length < 126 {
            return ShortBytes(low: 0x81 | length << 8 | type << 16 | tail << 32, high: tail >> 32, count: 5 + digits)
        }
        guard length <= 0xFFFF else { return nil }
        return ShortBytes(
            low: 0x7E81 | (length & 0xFF00) << 8 | (length & 0xFF) << 24 | type << 32 | tail << 48, high: tail >> 16,
            count: 7 + digits)
    }

    /// The whole of a JSON string, quotes included.
    static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: escapedLength(text) + 2) { output in
            output.append(UInt8(ascii: "\""))
            appendEscaped(text, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        return bytes
    }

    @inline(__always)
    static func digits(_ value: Int) -> Int {
        if value < 10 { return 1 }
        var count = 1
        var rest = value / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    /// Non-negative values.
    @inline(__always)
    static func appendDecimal(_ value: Int, to output: inout OutputSpan<UInt8>) {
        if value < 10 { return output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escapedLength(_ text: String) -> Int {
        var length = 0
        for byte in text.utf8 { length += byte < 0x20 ? 6 : needsEscape(byte) ? 2 : 1 }
        return length
    }

    private static func appendEscaped(_ text: String, to output: inout OutputSpan<UInt8>) {
        for byte in text.utf8 {
            if byte < 0x20 {
                for byte: UInt8 in [0x5c, 0x75, 0x30, 0x30] { output.append(byte) }
                output.append(hexDigit(byte >> 4))
                output.append(hexDigit(byte & 15))
            } else {
                if needsEscape(byte) { output.append(0x5c) }
                output.append(byte)
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
