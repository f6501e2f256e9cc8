import EventLoop
import Wire

/// permessage-deflate (RFC 7692) of the connections that agreed on the same parameters.
///
/// Where neither end keeps its window, nothing is left of a message once it is done, so that all those connections share
/// one of these, and a compressed connection costs a reference. Where an end keeps its window, its connection has one of
/// its own, with `Compressors` of its own.
@Loop final class MessageCompression {
    let agreement: WebSocketDeflateAgreement
    private let compressors: Compressors

    init(_ agreement: WebSocketDeflateAgreement, _ compressors: Compressors) {
        self.agreement = agreement
        self.compressors = compressors
    }

    /// The payload that stands for `message`; nil when there is no memory for a compressor, or nothing is won: the
    /// message then goes as it is.
    func compress(_ message: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let deflater = compressors.deflater(windowBits: agreement.serverWindowBits) else { return nil }
        if agreement.serverForgets { deflater.reset() }
        var payload: [UInt8] = []
        deflater.flush(message, to: &payload)
        // Section 7.2.1, step 3.
        payload.removeLast(min(4, payload.count))
        // What a kept window has seen cannot be taken back.
        return payload.count < message.count || !agreement.serverForgets ? payload : nil
    }

    /// Appends a frame of `message`, compressed where that helps. False: it went as it is.
    @discardableResult func appendFrame(
        _ opcode: WebSocketOpcode, _ message: UnsafeRawBufferPointer, to output: inout [UInt8]
    ) -> Bool {
        guard let payload = compress(message) else {
            WebSocketEncoder.appendHeader(opcode, length: message.count, to: &output)
            output.append(contentsOf: message)
            return false
        }
        WebSocketEncoder.appendHeader(opcode, length: payload.count, isCompressed: true, to: &output)
        output.append(contentsOf: payload)
        return true
    }

    /// The message that `payload` stands for, at most `limit` bytes.
    func decompress(_ payload: [UInt8], limit: Int) throws(Inflater.Failure) -> [UInt8] {
        guard let inflater = compressors.inflater() else { throw .tooLarge }
        defer { if agreement.clientForgets { inflater.reset() } }
        return try inflater.message(payload, limit: limit)
    }
}
