import Testing

@testable import Crypto

struct SipHashTests {
    /// The reference's vectors: key 00 01 … 0f, message 00 01 … of each length.
    private static let vectors: [(length: Int, code: UInt64)] = [
        (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (2, 0x0d6c_8009_d9a9_4f5a),
        (7, 0xab02_00f5_8b01_d137), (8, 0x93f5_f579_9a93_2462), (9, 0x9e00_82df_0ba9_e4b0),
        (15, 0xa129_ca61_49be_45e5), (63, 0x958a_324c_eb06_4572),
    ]

    @Test(arguments: Self.vectors) func `codes are those of the reference`(vector: (length: Int, code: UInt64)) {
        var hash = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        for byte in 0..<UInt8(vector.length) { hash.append(byte) }
        #expect(hash.finish() == vector.code)
    }

    @Test func `another key gives another code`() {
        #expect(SipHash(key: (1, 2)).finish() != SipHash(key: (1, 3)).finish())
    }
}
