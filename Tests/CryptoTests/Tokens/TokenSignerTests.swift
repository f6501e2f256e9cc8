import Testing

@testable import Crypto

@Suite struct TokenSignerTests {
    let signer = TokenSigner(secret: Array("a secret of at least thirty-two bytes".utf8))
    let claims = AccessClaims(
        subject: "018f6d2e-9c3b-7abc-8def-0123456789ab", session: "s\"1\\", role: "DRIVER", issuedAt: 1000,
        expiresAt: 1900)

    /// A token of any header and payload, well signed.
    func forge(header: String = "{\"alg\":\"HS256\"}", payload: String) throws -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let key = Array("a secret of at least thirty-two bytes".utf8)
        return signed + "." + Base64URL.encode(try hmacSHA256(key: key, Array(signed.utf8)))
    }

    let good = "\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9"

    @Test func `the token of RFC 7515 appendix A.1 is accepted`() throws {
        let key = try #require(
            Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let members = try TokenSigner(secret: key).payload(
            """
            eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
            cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
            """)
        #expect(
            members == ["iss": .string("joe"), "exp": .integer(1_300_819_380), "http://example.com/is_root": .other])
    }

    @Test func `what was signed is read back`() throws {
        #expect(try signer.verify(try signer.sign(claims), now: 1_000_000) == claims)
    }

    @Test func `it expires in the very second, without leeway`() throws {
        let token = try signer.sign(claims)
        #expect(throws: Never.self) { try signer.verify(token, now: 1_899_999) }
        #expect(throws: CryptoError.expiredToken) { try signer.verify(token, now: 1_900_000) }
    }

    @Test func `a changed character anywhere is refused`() throws {
        let token = Array(try signer.sign(claims).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: CryptoError.invalidToken) {
                try signer.verify(String(decoding: changed, as: UTF8.self), now: 1_000_000)
            }
        }
    }

    @Test func `another secret is refused`() throws {
        let token = try TokenSigner(secret: Array("another".utf8)).sign(claims)
        #expect(throws: CryptoError.invalidToken) { try signer.verify(token, now: 1_000_000) }
    }

    @Test func `a tampered and expired token is invalid, not expired`() throws {
        let token = try TokenSigner(secret: Array("another".utf8)).sign(claims)
        #expect(throws: CryptoError.invalidToken) { try signer.verify(token, now: 9_000_000) }
    }

    @Test(arguments: [
        "{\"alg\":\"none\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"hs256\"}", "{}", "",
        "{\"alg\":[\"HS256\"]}", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", "{\"alg\":\"HS256\",\"typ\":\"JOSE\"}",
        "{\"alg\":\"none\",\"alg\":\"HS256\"}", "[\"HS256\"]",
    ])
    func `no other algorithm or header is accepted, however well signed`(header: String) throws {
        let token = try forge(header: header, payload: "{\(good)}")
        #expect(throws: CryptoError.invalidToken) { try signer.verify(token, now: 1000) }
    }

    @Test func `an unsigned token is refused`() throws {
        let parts = try forge(header: "{\"alg\":\"none\"}", payload: "{\(good)}").split(separator: ".")
        #expect(throws: CryptoError.invalidToken) { try signer.verify("\(parts[0]).\(parts[1]).", now: 1000) }
    }

    @Test func `claims that are not known are ignored, whatever they hold`() throws {
        let payload = " { \(good) , \"x\":{\"y\":[1,-2.5e+3,null,true,{}]},\"z\":\"\\u00e9\\ud83d\\ude00\" } "
        #expect(try signer.verify(try forge(payload: payload), now: 1000).subject == "a")
    }

    @Test(arguments: [
        "", "{}", "null", "{\"sub\":\"a\"}", "{\"sub\":1,\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":\"9\"}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9.5}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":99999999999999999999}",
        "{\"sub\":\"a\",\"sub\":\"b\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9,\"nbf\":5}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9}x",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":01,\"exp\":9}",
        "{\"sub\":\"\\ud800\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9,}",
        "{\"sub\":\"a\",\"sid\":\"b\",\"role\":\"c\",\"iat\":1,\"exp\":9,\"x\":[[[[[[[[1]]]]]]]]}",
    ])
    func `claims that are missing or malformed are refused`(payload: String) throws {
        let token = try forge(payload: payload)
        #expect(throws: CryptoError.invalidToken) { try signer.verify(token, now: 1000) }
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9.e30.", "Bearer x.y.z", "é.é.é"])
    func `what is no token is refused`(token: String) {
        #expect(throws: CryptoError.invalidToken) { try signer.verify(token, now: 0) }
    }

    @Test func `a token of any length is not hashed`() {
        #expect(throws: CryptoError.invalidToken) {
            try signer.verify(String(repeating: "a", count: 5000) + ".e30.AA", now: 0)
        }
    }
}
