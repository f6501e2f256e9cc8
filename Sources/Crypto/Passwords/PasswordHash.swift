/// A password as it is stored: `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, salt and hash in base64url. The cost stands in
/// the text, so that old hashes stay good when it is raised.
public struct PasswordHash: Hashable, Sendable {
    public let cost: ScryptCost
    let salt: [UInt8]
    let hash: [UInt8]

    /// Hashes a password under a fresh salt. Blocks; run it off the loop.
    ///
    /// - Throws: `CryptoError.failed` without memory or entropy.
    public static func make(password: String, cost: ScryptCost) throws(CryptoError) -> PasswordHash {
        let salt = try randomBytes(saltLength)
        let hash = try scrypt(password: Array(password.utf8), salt: salt, cost: cost, length: hashLength)
        return PasswordHash(cost: cost, salt: salt, hash: hash)
    }

    init(cost: ScryptCost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Reads what `stored` wrote.
    ///
    /// - Throws: `CryptoError.unreadableHash` for anything else, also for a cost beyond `ScryptCost`'s bounds.
    public init(stored text: String) throws(CryptoError) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Self.cost(parts[2]),
            let salt = Base64URL.decode(parts[3].utf8), salt.count >= 8,
            let hash = Base64URL.decode(parts[4].utf8), hash.count >= 16
        else { throw .unreadableHash }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    /// What is kept in the database.
    public var stored: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)$\(Base64URL.encode(salt))"
            + "$\(Base64URL.encode(hash))"
    }

    /// Whether this is the password, at the cost of when it was stored. Blocks; run it off the loop.
    ///
    /// - Throws: `CryptoError.failed` without memory.
    public func matches(_ password: String) throws(CryptoError) -> Bool {
        let candidate = try scrypt(password: Array(password.utf8), salt: salt, cost: cost, length: hash.count)
        return constantTimeEquals(candidate, hash)
    }

    /// It was made at another cost than passwords are hashed at now: hash anew at the next good login.
    public func needsRehash(at current: ScryptCost) -> Bool {
        cost != current || salt.count != Self.saltLength || hash.count != Self.hashLength
    }

    /// Bytes: NIST SP 800-132, 5.1 asks for 16.
    private static let saltLength = 16
    /// Bytes.
    private static let hashLength = 32

    private static func cost(_ text: Substring) -> ScryptCost? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3, let logN = number(fields[0], named: "ln="),
            let blockSize = number(fields[1], named: "r="),
            let parallelism = number(fields[2], named: "p=")
        else { return nil }
        return ScryptCost(logN: logN, blockSize: blockSize, parallelism: parallelism)
    }

    private static func number(_ field: Substring, named name: String) -> Int? {
        guard field.hasPrefix(name) else { return nil }
        let digits = field.dropFirst(name.count)
        return digits.allSatisfy { $0 >= "0" && $0 <= "9" } ? Int(digits) : nil
    }
}
