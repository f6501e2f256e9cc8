import CZlib
import EventLoop

/// A zlib decompressor for permessage-deflate (RFC 7692 section 7.2.2), used again and again.
@Loop final class Inflater {
    enum Failure: Error {
        /// Not a DEFLATE stream, or one that ends inside a block.
        case corrupt
        /// More than the caller allows; found as soon as the output passes that.
        case tooLarge
    }

    /// Bytes that output is made in: what a message that is too large costs beyond its limit.
    private static let chunk = 16 << 10
    /// What the sender left out at the end of each message (section 7.2.1).
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    /// zlib keeps a pointer to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// nil when there is no memory for it. Takes `1 << windowBits` bytes and about 10 KiB.
    init?(windowBits: Int = 15) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard
            inflateInit2_(stream, -Int32(windowBits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.deallocate()
            return nil
        }
    }

    isolated deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets all input so far, also after a failure.
    func reset() { inflateReset(stream) }

    /// The message that `input` is the payload of; at most `limit` bytes.
    func message(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        try run(input, limit, &output)
        try run(Self.tail, limit, &output)
        return output
    }

    private func run(_ input: [UInt8], _ limit: Int, _ output: inout [UInt8]) throws(Failure) {
        var failure: Failure?
        input.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.chunk) { chunk in
                failure = pump(chunk, limit, &output)
            }
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
        if let failure { throw failure }
    }

    private func pump(
        _ chunk: UnsafeMutableBufferPointer<UInt8>, _ limit: Int, _ output: inout [UInt8]
    ) -> Failure? {
        while true {
            stream.pointee.next_out = chunk.baseAddress
            stream.pointee.avail_out = UInt32(Self.chunk)
            let status = inflate(stream, Z_SYNC_FLUSH)
            let made = Self.chunk - Int(stream.pointee.avail_out)
            guard made <= limit - output.count else { return .tooLarge }
            output.append(contentsOf: chunk[..<made])
            switch status {
            case Z_OK:
                if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return nil }
            case Z_STREAM_END:
                // Section 7.2.3.4: a message may be made of streams that end by themselves.
                inflateReset(stream)
                if stream.pointee.avail_in == 0 { return nil }
            case Z_BUF_ERROR:
                // Nothing left to do.
                return stream.pointee.avail_in == 0 ? nil : .corrupt
            default: return .corrupt
            }
        }
    }
}
