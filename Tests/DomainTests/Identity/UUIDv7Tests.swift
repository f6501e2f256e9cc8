import Domain
import Testing

@Suite struct UUIDv7Tests {
    @Test func `the example of RFC 9562 appendix A.6 comes out`() {
        let id = UUID16.version7(milliseconds: 0x017F_22E2_79B0, random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(id.version == 7)
        #expect(id.unixMilliseconds == 0x017F_22E2_79B0)
    }

    @Test func `random bits never reach time, version or variant`() {
        let id = UUID16.version7(milliseconds: 5, random: (.max, .max))
        #expect(id.high == 5 << 16 | 0x7FFF)
        #expect(id.low >> 62 == 0b10)
    }

    @Test func `ten random bytes are used, fewer refused`() {
        let bytes: [UInt8] = [0xFC, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F]
        #expect(
            UUID16.version7(milliseconds: 0x017F_22E2_79B0, randomBytes: bytes)?.description
                == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(UUID16.version7(milliseconds: 0, randomBytes: Array(bytes.dropLast())) == nil)
    }

    @Test func `ids rise within a millisecond and when the clock steps back`() {
        var sequence = UUIDv7Sequence()
        var generator = SystemRandomNumberGenerator()
        var ids: [UUID16] = []
        for milliseconds: Int64 in [1000, 1000, 1000, 999, 10, 1000, 1001, 1001, 500] {
            ids.append(sequence.next(milliseconds: milliseconds, random: (generator.next(), generator.next())))
        }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { $0.version == 7 })
        #expect(ids[6].unixMilliseconds == 1001)
    }

    @Test func `an exhausted millisecond spills into the next`() {
        var sequence = UUIDv7Sequence()
        let last = sequence.next(milliseconds: 1000, random: (.max, .max))
        let next = sequence.next(milliseconds: 1000, random: (0, 7))
        #expect(next > last)
        #expect(next.unixMilliseconds == 1001)
    }
}
