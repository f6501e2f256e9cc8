import Crypto
import Realtime

/// How two nodes recognise each other. Each sends a random number and proves by a code over both sides' words that it
/// knows the cluster's secret, the one who was called first, so that a stranger learns nothing from calling:
/// `hello(purpose, address, nonce)` → `challenge(address, nonce, proof)` → `proof` → `welcome`.
enum LinkGreeting {
    enum Purpose: UInt8 {
        case requests = 1
        case upgrade = 2
    }

    static let version: UInt64 = 1
    static let nonceLength = 16
    static let proofLength = 32

    /// Bound to its one use.
    static func key(secret: [UInt8]) throws(CryptoError) -> [UInt8] {
        try hmacSHA256(key: secret, Array("lastmile link 1".utf8))
    }

    static func nonce() -> [UInt8] {
        var writer = LinkFieldWriter()
        for _ in 0..<2 { writer.number(randomBits(), bytes: 8) }
        return writer.bytes
    }

    fileprivate static func words(_ purpose: UInt8, _ address: LinkAddress, _ nonce: [UInt8]) -> [UInt8] {
        var writer = LinkFieldWriter()
        writer.number(version, bytes: 1)
        writer.number(UInt64(purpose), bytes: 1)
        address.append(to: &writer)
        writer.raw(nonce)
        return writer.bytes
    }

    fileprivate static func read(
        _ reader: inout LinkFieldReader
    ) throws(LinkFault) -> (purpose: UInt8, address: LinkAddress) {
        guard try reader.number(bytes: 1) == version else { throw .malformed }
        let purpose = UInt8(try reader.number(bytes: 1))
        let address = try LinkAddress(&reader)
        _ = try reader.raw(nonceLength)
        return (purpose, address)
    }

    fileprivate static func proof(_ side: String, key: [UInt8], _ words: [UInt8]...) throws(LinkFault) -> [UInt8] {
        do throws(CryptoError) {
            return try hmacSHA256(key: key, Array(side.utf8) + words.flatMap { $0 })
        } catch {
            throw .unproven
        }
    }
}

/// The side that calls.
struct LinkCaller: ~Copyable {
    private let key: [UInt8]
    private let callee: SessionOwner
    /// Its words, without the frame around them.
    let hello: [UInt8]

    init(
        key: [UInt8], purpose: LinkGreeting.Purpose, own: LinkAddress, callee: SessionOwner,
        nonce: [UInt8] = LinkGreeting.nonce()
    ) {
        self.key = key
        self.callee = callee
        hello = LinkGreeting.words(purpose.rawValue, own, nonce)
    }

    /// Checks a challenge and answers the proof.
    func answer(_ challenge: LinkFrame) throws(LinkFault) -> [UInt8] {
        guard challenge.kind == .challenge, challenge.payload.count > LinkGreeting.proofLength else { throw .malformed }
        let words = Array(challenge.payload.dropLast(LinkGreeting.proofLength))
        let expected = try LinkGreeting.proof("callee", key: key, hello, words)
        guard constantTimeEquals(Array(challenge.payload.suffix(LinkGreeting.proofLength)), expected) else {
            throw .unproven
        }
        var reader = LinkFieldReader(words)
        guard try LinkGreeting.read(&reader).address.owner == callee else { throw .stranger }
        return try LinkGreeting.proof("caller", key: key, hello, words)
    }
}

/// The side that is called.
struct LinkCallee: ~Copyable {
    private let key: [UInt8]
    /// Its words, without proof and frame.
    private let words: [UInt8]
    private var hello: [UInt8] = []

    init(key: [UInt8], own: LinkAddress, nonce: [UInt8] = LinkGreeting.nonce()) {
        self.key = key
        words = LinkGreeting.words(0, own, nonce)
    }

    /// The challenge to a hello.
    mutating func challenge(_ frame: LinkFrame) throws(LinkFault) -> [UInt8] {
        guard frame.kind == .hello, hello.isEmpty else { throw .malformed }
        var reader = LinkFieldReader(frame.payload)
        let purpose = try LinkGreeting.read(&reader).purpose
        guard LinkGreeting.Purpose(rawValue: purpose) != nil else { throw .malformed }
        try reader.end()
        hello = frame.payload
        return words + (try LinkGreeting.proof("callee", key: key, hello, words))
    }

    /// Who called and what for, once that is proven.
    func accept(_ frame: LinkFrame) throws(LinkFault) -> (address: LinkAddress, purpose: LinkGreeting.Purpose) {
        guard frame.kind == .proof, !hello.isEmpty else { throw .malformed }
        guard constantTimeEquals(frame.payload, try LinkGreeting.proof("caller", key: key, hello, words)) else {
            throw .unproven
        }
        var reader = LinkFieldReader(hello)
        let (purpose, address) = try LinkGreeting.read(&reader)
        guard let purpose = LinkGreeting.Purpose(rawValue: purpose) else { throw .malformed }
        return (address, purpose)
    }
}
