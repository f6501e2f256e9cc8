/// Masking (RFC 6455 section 5.3): each byte is combined with the byte of the key that its place in the payload names.
enum WebSocketMask {
    /// Appends `input`, masked or unmasked, to `output`. `mask` is turned to begin with the key's byte for the first byte.
    static func append(_ input: Span<UInt8>, mask: UInt32, to output: inout [UInt8]) {
        guard mask != 0 else { return output.append(copying: input) }
        let wide = UInt64(mask) | UInt64(mask) << 32
        output.append(addingCapacity: input.count) { output in
            var index = 0
            while input.count &- index >= 8 {
                // One bounds check for eight bytes; the compiler makes one load of them.
                let block = input.extracting(index..<index &+ 8)
                let low =
                    UInt64(block[0]) | UInt64(block[1]) << 8 | UInt64(block[2]) << 16 | UInt64(block[3]) << 24
                let high =
                    UInt64(block[4]) | UInt64(block[5]) << 8 | UInt64(block[6]) << 16 | UInt64(block[7]) << 24
                let word = (low | high << 32) ^ wide
                output.append(UInt8(truncatingIfNeeded: word))
                output.append(UInt8(truncatingIfNeeded: word >> 8))
                output.append(UInt8(truncatingIfNeeded: word >> 16))
                output.append(UInt8(truncatingIfNeeded: word >> 24))
                output.append(UInt8(truncatingIfNeeded: word >> 32))
                output.append(UInt8(truncatingIfNeeded: word >> 40))
                output.append(UInt8(truncatingIfNeeded: word >> 48))
                output.append(UInt8(truncatingIfNeeded: word >> 56))
                index &+= 8
            }
            while index < input.count {
                output.append(input[index] ^ UInt8(truncatingIfNeeded: mask >> (8 &* UInt32(index & 3))))
                index &+= 1
            }
        }
    }

    /// The key as the byte at `position` of the payload sees it.
    static func turned(_ mask: UInt32, to position: Int) -> UInt32 {
        let shift = 8 &* UInt32(position & 3)
        return shift == 0 ? mask : mask >> shift | mask << (32 &- shift)
    }
}
