/// The cost of scrypt (RFC 7914, 2): N = 2^`logN`, r, p. A hash takes 128 · r · N bytes of memory while it runs.
public struct ScryptCost: Hashable, Sendable {
    public let logN: Int
    public let blockSize: Int
    public let parallelism: Int

    /// Nil beyond what a node can spare: N from 2¹ to 2²⁰, r 1…32, p 1…16, and 1 GiB in all.
    public init?(logN: Int, blockSize: Int = 8, parallelism: Int = 1) {
        guard (1...20).contains(logN), (1...32).contains(blockSize), (1...16).contains(parallelism),
            128 * blockSize << logN <= Self.maximumMemory
        else { return nil }
        self.logN = logN
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    private init(checkedLogN logN: Int) {
        self.logN = logN
        blockSize = 8
        parallelism = 1
    }

    /// OWASP's Password Storage Cheat Sheet: N = 2¹⁷, r = 8, p = 1; 128 MiB.
    public static let owasp = ScryptCost(checkedLogN: 17)

    /// Bytes.
    static let maximumMemory = 1 << 30

    /// Bytes that OpenSSL may take: the big array, the p blocks and its own slack.
    var memoryLimit: Int { 128 * blockSize << logN + 128 * blockSize * (parallelism + 2) + 65_536 }
}
