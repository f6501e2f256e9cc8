import Testing

@testable import Redis

@Suite struct CommandEncoderTests {
    @Test func `arguments become bulk strings with their length in bytes`() {
        var output: [UInt8] = []
        CommandEncoder.append(["SET", "é", .bytes([0, 13, 10]), -7], to: &output)
        #expect(
            output == Array("*4\r\n$3\r\nSET\r\n$2\r\né\r\n$3\r\n".utf8) + [0, 13, 10] + Array("\r\n$2\r\n-7\r\n".utf8))
    }

    @Test(arguments: [9, 10, 99, 100, 1_000])
    func `lengths of every number of digits are written in full`(count: Int) {
        var output: [UInt8] = []
        CommandEncoder.append([.bytes([UInt8](repeating: 65, count: count))], to: &output)
        #expect(output.starts(with: Array("*1\r\n$\(count)\r\nA".utf8)))
    }
}
