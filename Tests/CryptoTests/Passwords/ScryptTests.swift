import Crypto
import Testing

@Suite struct ScryptTests {
    static func derive(_ password: String, _ salt: String, logN: Int, _ r: Int, _ p: Int) throws -> [UInt8] {
        let cost = try #require(ScryptCost(logN: logN, blockSize: r, parallelism: p))
        return try scrypt(password: Array(password.utf8), salt: Array(salt.utf8), cost: cost, length: 64)
    }

    @Test func `the vectors of RFC 7914 come out`() throws {
        #expect(
            try Self.derive("", "", logN: 4, 1, 1)
                == bytes(
                    hexadecimal: """
                        77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                        fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                        """))
        #expect(
            try Self.derive("password", "NaCl", logN: 10, 8, 16)
                == bytes(
                    hexadecimal: """
                        fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                        2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                        """))
        #expect(
            try Self.derive("pleaseletmein", "SodiumChloride", logN: 14, 8, 1)
                == bytes(
                    hexadecimal: """
                        7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                        d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                        """))
    }

    @Test(arguments: [(0, 8, 1), (21, 8, 1), (20, 32, 1), (10, 0, 1), (10, 33, 1), (10, 8, 0), (10, 8, 17), (-1, 8, 1)])
    func `a cost beyond what a node can spare is refused`(logN: Int, blockSize: Int, parallelism: Int) {
        #expect(ScryptCost(logN: logN, blockSize: blockSize, parallelism: parallelism) == nil)
    }
}
