import CZlib
import EventLoop

/// A zlib compressor that is used again and again: its memory (at most `4 << windowBits` bytes and 128 KiB) is taken
/// once, when it is made.
@Loop final class Deflater {
    /// The format around the DEFLATE stream.
    enum Format {
        /// None: permessage-deflate.
        case raw
        /// HTTP's `deflate` (RFC 9110 section 8.4.1.2).
        case zlib
        /// HTTP's `gzip`.
        case gzip
    }

    /// The fastest: one thread serves everybody, and the faster levels get most of what JSON has to give.
    private static let level = Z_BEST_SPEED
    /// zlib's default, which hashes with 128 KiB.
    private static let memoryLevel: Int32 = 8
    /// Bytes that output is made in.
    private static let chunk = 16 << 10

    /// zlib keeps a pointer to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// nil when there is no memory for it.
    init?(_ format: Format, windowBits: Int = 15) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let bits: Int32 =
            switch format {
            case .raw: -Int32(windowBits)
            case .zlib: Int32(windowBits)
            case .gzip: Int32(windowBits) + 16
            }
        let status = deflateInit2_(
            stream, Self.level, Z_DEFLATED, bits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    isolated deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets all input so far.
    func reset() { deflateReset(stream) }

    /// Appends all of `input`, ended as a stream of its own.
    func finish(_ input: UnsafeRawBufferPointer, to output: inout [UInt8]) { run(input, Z_FINISH, &output) }

    /// Appends all of `input`, ended at a byte by an empty block (RFC 7692 section 7.2.1), whose four bytes
    /// `00 00 ff ff` are appended with it.
    func flush(_ input: UnsafeRawBufferPointer, to output: inout [UInt8]) { run(input, Z_SYNC_FLUSH, &output) }

    private func run(_ input: UnsafeRawBufferPointer, _ mode: Int32, _ output: inout [UInt8]) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.octets.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.chunk) { chunk in
            repeat {
                stream.pointee.next_out = chunk.baseAddress
                stream.pointee.avail_out = UInt32(Self.chunk)
                _ = deflate(stream, mode)
                output.append(contentsOf: chunk[..<(Self.chunk - Int(stream.pointee.avail_out))])
                // A chunk that was not filled is the last one.
            } while stream.pointee.avail_out == 0
        }
        stream.pointee.next_in = nil
        stream.pointee.avail_in = 0
    }
}
