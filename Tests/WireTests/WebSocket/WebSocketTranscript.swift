import Wire

/// Frames made by hand, and what a decoder made of them, as lines that a test can compare.
enum WebSocketTranscript {
    /// One frame of a client, masked. `first` is FIN, the reserved bits and the opcode.
    static func frame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]) -> [UInt8] {
        var bytes = [first]
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        if payload.count < 126 {
            bytes.append(maskBit | UInt8(payload.count))
        } else if payload.count < 65536 {
            bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        if let mask {
            bytes += mask
            for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
        } else {
            bytes += payload
        }
        return bytes
    }

    static func frame(_ first: UInt8, _ text: String) -> [UInt8] { frame(first, Array(text.utf8)) }

    /// Feeds `bytes` in pieces of `size`. The last line is the error, if any. `takesShort`: short texts are taken the quick way.
    static func events(
        _ bytes: [UInt8], size: Int, role: WebSocketRole = .server, maximum: Int = 200_000,
        allowsCompression: Bool = false, takesShort: Bool = false
    ) -> [String] {
        var decoder = WebSocketDecoder(role: role, maximumMessage: maximum, allowsCompression: allowsCompression)
        var lines: [String] = []
        var payload: [UInt8] = []
        var short = [UInt8](repeating: 0, count: WebSocketDecoder.shortText)
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                feeding: while true {
                    var room = short.mutableSpan
                    if takesShort, let count = decoder.takeShortText(piece.span, &offset, into: &room) {
                        lines.append(
                            "text \(count > 40 ? "\(count) bytes" : String(decoding: short[..<count], as: UTF8.self))")
                        continue
                    }
                    let event = try decoder.next(piece.span, &offset, into: &payload)
                    let text = payload.count > 40 ? "\(payload.count) bytes" : String(decoding: payload, as: UTF8.self)
                    switch event {
                    case .needsMore: break feeding
                    case .text(let isCompressed): lines.append("text\(isCompressed ? " compressed" : "") \(text)")
                    case .binary(let isCompressed): lines.append("binary\(isCompressed ? " compressed" : "") \(text)")
                    case .ping: lines.append("ping \(text)")
                    case .pong: lines.append("pong \(text)")
                    case .close(let code): lines.append("close \(code.map(String.init) ?? "-") \(text)")
                    }
                }
            }
        } catch {
            guard case .webSocket(let fault) = error else { return lines + ["\(error)"] }
            lines.append("\(fault.closeCode) \(fault)")
        }
        return lines
    }
}
