/// The process that made a session and has it until it ends: a name, and a number that tells this process from any other
/// of the same name.
public struct SessionOwner: Hashable, Sendable {
    /// 1 to 32 characters, none of them a dot: it leads session ids, and proxies route by it.
    public let name: String
    /// Random at each start, 56 bits.
    public let epoch: UInt64

    /// Bits of `epoch`; the id then fills its base64url characters without rest.
    public static let epochBits = 56
    public static let maximumNameLength = 32

    /// - Parameter epoch: taken modulo 2⁵⁶.
    public init(name: String, epoch: UInt64 = .random(in: .min ... .max)) {
        precondition(Self.isName(name.utf8), "a name of 1 to 32 characters without a dot: \(name)")
        self.name = name
        self.epoch = epoch & (1 << Self.epochBits - 1)
    }

    /// Whether `text` may name a process: printable ASCII, as it stands in URLs, without a dot.
    public static func isName(_ text: String) -> Bool { isName(text.utf8) }

    static func isName(_ text: some Collection<UInt8>) -> Bool {
        (1...maximumNameLength).contains(text.count)
            && text.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ".") }
    }
}
