import Crypto
import Testing

@Suite struct RefreshTokenTests {
    @Test func `what the bearer sends leads to what is stored`() throws {
        let token = try RefreshToken.make()
        #expect(token.text.utf8.count == 43)
        #expect(RefreshToken.hash(ofReceived: token.text) == token.hash)
        #expect(token.hash == sha256(Array(token.text.utf8)))
        #expect(try RefreshToken.make() != token)
    }

    @Test func `what no token looks like costs no lookup`() {
        for text in ["", "abc", String(repeating: "=", count: 43), String(repeating: "A", count: 44)] {
            #expect(RefreshToken.hash(ofReceived: text) == nil)
        }
    }
}
