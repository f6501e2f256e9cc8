import Crypto
import Testing

@Suite struct PasswordHashTests {
    static let cheap = ScryptCost(logN: 4)!

    @Test func `a password matches what was stored of it, another does not`() throws {
        let stored = try PasswordHash.make(password: "pässword\0!", cost: Self.cheap).stored
        let hash = try PasswordHash(stored: stored)
        #expect(try hash.matches("pässword\0!"))
        #expect(try !hash.matches("pässword\0?"))
        #expect(try !hash.matches(""))
        #expect(try !hash.matches("pässword"))
    }

    @Test func `two hashes of one password differ`() throws {
        let one = try PasswordHash.make(password: "secret", cost: Self.cheap)
        let other = try PasswordHash.make(password: "secret", cost: Self.cheap)
        #expect(one.stored != other.stored)
    }

    @Test func `the stored form tells its cost`() throws {
        let stored = try PasswordHash.make(password: "secret", cost: ScryptCost(logN: 5, blockSize: 4, parallelism: 2)!)
            .stored
        #expect(stored.hasPrefix("$scrypt$ln=5,r=4,p=2$"))
        #expect(stored.utf8.count == "$scrypt$ln=5,r=4,p=2$".utf8.count + 22 + 1 + 43)
    }

    @Test func `a hash of another cost is checked at its own and hashed anew`() throws {
        let old = try PasswordHash(stored: PasswordHash.make(password: "secret", cost: Self.cheap).stored)
        #expect(try old.matches("secret"))
        #expect(old.needsRehash(at: .owasp))
        #expect(!old.needsRehash(at: Self.cheap))
    }

    @Test(arguments: [
        "", "secret", "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=4,r=8$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=99,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=+4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1$$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA$",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAA!$AAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `what was not written here is refused`(stored: String) {
        #expect(throws: CryptoError.unreadableHash) { try PasswordHash(stored: stored) }
    }
}
