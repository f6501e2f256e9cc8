import Crypto

/// Makes the ids of Engine.IO sessions, and reads whose an id is.
///
/// `<name>.` and 36 characters of base64url: the owner's epoch (56 bits), 96 random bits, and a 64-bit code over name,
/// epoch and random bits by a key that the cluster shares. The name lets a proxy route without asking anybody; the code
/// lets any node refuse what no node has made, without asking either; the epoch keeps a session of a process that is gone
/// from being taken for one of its successor. To clients the id is opaque.
public struct SessionIdentifiers: Sendable {
    /// Whose ids are made here.
    public let owner: SessionOwner
    private let key: (UInt64, UInt64)

    /// - Parameter secret: shared by the nodes of a cluster, at least 16 bytes; nil makes a random key: for one node alone.
    public init(owner: SessionOwner, secret: [UInt8]? = nil) {
        self.owner = owner
        guard let secret, let derived = try? hmacSHA256(key: secret, Array(Self.label.utf8)) else {
            precondition(secret == nil, "no memory for a key")
            key = (randomBits(), randomBits())
            return
        }
        key = (Self.word(derived[0..<8]), Self.word(derived[8..<16]))
    }

    /// Binds the key to its one use.
    private static let label = "lastmile session identifiers 1"

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: Making

    private static let epochBytes = SessionOwner.epochBits / 8
    private static let randomBytes = 12
    private static let codeBytes = 8
    private static let byteCount = epochBytes + randomBytes + codeBytes
    /// Nine groups of three bytes.
    private static let characterCount = byteCount / 3 * 4

    /// A new id. One allocation.
    func make() -> String {
        withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 1) { bytes in
            Self.write(owner.epoch, Self.epochBytes, to: bytes, at: 0)
            Self.write(randomBits(), 8, to: bytes, at: Self.epochBytes)
            Self.write(randomBits(), Self.randomBytes - 8, to: bytes, at: Self.epochBytes + 8)
            let signed = Self.epochBytes + Self.randomBytes
            let code = code(name: owner.name.utf8, UnsafeRawBufferPointer(rebasing: bytes[..<signed]))
            Self.write(code, Self.codeBytes, to: bytes, at: signed)
            let length = owner.name.utf8.count
            return String(unsafeUninitializedCapacity: length + 1 + Self.characterCount) { text in
                for (index, byte) in owner.name.utf8.enumerated() { text[index] = byte }
                text[length] = Self.dot
                var index = length + 1
                for group in stride(from: 0, to: Self.byteCount, by: 3) {
                    let bits = UInt32(bytes[group]) << 16 | UInt32(bytes[group + 1]) << 8 | UInt32(bytes[group + 2])
                    for place: UInt32 in 0..<4 {
                        text[index] = Identifier.alphabet[Int(bits >> (18 - 6 * place) & 63)]
                        index += 1
                    }
                }
                return index
            }
        }
    }

    private static func write(_ value: UInt64, _ count: Int, to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }

    private func code(name: some Sequence<UInt8>, _ signed: some Sequence<UInt8>) -> UInt64 {
        var hash = SipHash(key: key)
        for byte in name { hash.append(byte) }
        hash.append(Self.dot)
        for byte in signed { hash.append(byte) }
        return hash.finish()
    }

    // MARK: Reading

    /// Whose session this is; nil when no node that shares the key has made the id. The code is compared as one word, so
    /// the time says nothing about where it differs.
    func owner(of id: String) -> SessionOwner? {
        guard let dot = id.utf8.firstIndex(of: Self.dot) else { return nil }
        let name = id.utf8[..<dot]
        let rest = id.utf8[id.utf8.index(after: dot)...]
        guard SessionOwner.isName(name), rest.count == Self.characterCount, let bytes = Base64URL.decode(rest)
        else { return nil }
        let signed = bytes[..<(Self.epochBytes + Self.randomBytes)]
        guard code(name: name, signed) ^ Self.word(bytes[signed.endIndex...]) == 0 else { return nil }
        return SessionOwner(name: String(Substring(name)), epoch: Self.word(bytes[..<Self.epochBytes]))
    }

    private static let dot = UInt8(ascii: ".")
}
