import Crypto
import Testing

@Suite struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the examples of RFC 4648 go there and back`(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `every byte goes there and back in the URL alphabet`() {
        let all = Array(UInt8.min...UInt8.max)
        let text = Base64URL.encode(all)
        #expect(Base64URL.decode(text) == all)
        #expect(!text.contains { "+/=".contains($0) })
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    }

    @Test(arguments: ["Zg==", "Zh", "Zm9", "Z", "Zm9vY", "+_8", "-/8", "Zm 9v", "Zm9v\n", "Zé", "-_9"])
    func `what no encoder makes is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
