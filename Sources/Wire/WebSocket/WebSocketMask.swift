/// Masking (RFC 6455 section 5.3): each byte is combined with the byte of the key that its place in the payload names.
enum WebSocketMask {
    /// Appends `input`, masked or unmasked, to `output`. `mask` is turned to begin with the key's byte for the first byte.
    ///
    /// - Returns: whether all that was appended is ASCII.
    @discardableResult
    static func append(_ input: Span<UInt8>, mask: UInt32, to output: inout [UInt8]) -> Bool {
        var isASCII = true
        output.append(addingCapacity: input.count) { output in
            output.append(repeating: 0, count: input.count)
            var bytes = output.mutableSpan
            isASCII = combine(input, mask, into: &bytes)
        }
        return isASCII
    }

    /// Makes `output` the bytes of `input`, masked or unmasked, in the storage that it has where that is large enough.
    ///
    /// - Returns: whether all of it is ASCII.
    static func replace(_ output: inout [UInt8], with input: Span<UInt8>, mask: UInt32) -> Bool {
        let missing = input.count &- output.count
        if missing > 0 {
            output.append(addingCapacity: missing) { $0.append(repeating: 0, count: missing) }
        } else if missing < 0 {
            output.removeLast(0 &- missing)
        }
        var bytes = output.mutableSpan
        return combine(input, mask, into: &bytes)
    }

    /// `bytes` are at least as many as there are in `input`. Answers whether all that was written is ASCII.
    @inline(__always)
    static func combine(_ input: Span<UInt8>, _ mask: UInt32, into bytes: inout MutableSpan<UInt8>) -> Bool {
        let wide = UInt64(mask) | UInt64(mask) << 32
        let count = input.count
        precondition(bytes.count >= count, "one byte for each")
        var seen: UInt64 = 0
        var index = 0
        while count &- index >= 8 {
            let word = input.extracting(index..<index &+ 8).word(at: 0) ^ wide
            seen |= word
            store(word, at: index, in: &bytes)
            index &+= 8
        }
        if index > 0, index < count {
            // The last eight bytes once more, so that no single ones are left.
            let last = count &- 8
            let shift = 8 &* UInt64(truncatingIfNeeded: last & 3)
            let word =
                input.extracting(last..<count).word(at: 0) ^ (shift == 0 ? wide : wide >> shift | wide << (64 &- shift))
            seen |= word
            store(word, at: last, in: &bytes)
            index = count
        }
        var rest = wide
        while index < count {
            let byte = input[index] ^ UInt8(truncatingIfNeeded: rest)
            seen |= UInt64(byte)
            bytes[index] = byte
            rest >>= 8
            index &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// The compiler makes one store of these.
    @inline(__always)
    private static func store(_ word: UInt64, at index: Int, in bytes: inout MutableSpan<UInt8>) {
        bytes[index] = UInt8(truncatingIfNeeded: word)
        bytes[index &+ 1] = UInt8(truncatingIfNeeded: word >> 8)
        bytes[index &+ 2] = UInt8(truncatingIfNeeded: word >> 16)
        bytes[index &+ 3] = UInt8(truncatingIfNeeded: word >> 24)
        bytes[index &+ 4] = UInt8(truncatingIfNeeded: word >> 32)
        bytes[index &+ 5] = UInt8(truncatingIfNeeded: word >> 40)
        bytes[index &+ 6] = UInt8(truncatingIfNeeded: word >> 48)
        bytes[index &+ 7] = UInt8(truncatingIfNeeded: word >> 56)
    }

    /// The key as the byte at `position` of the payload sees it.
    static func turned(_ mask: UInt32, to position: Int) -> UInt32 {
        let shift = 8 &* UInt32(position & 3)
        return shift == 0 ? mask : mask >> shift | mask << (32 &- shift)
    }
}
