import Testing
import Wire

@Suite struct Base64Tests {
    // RFC 4648 section 10, and the two digits beyond letters and figures.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("~~~???", "fn5+Pz8/"),
    ])
    func `the known pairs go both ways`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == Array(encoded.utf8))
        #expect(Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=Zg=", "Zg=a", "Z g=", "Zm9v\n", "Zm-v", "Zm_v", "====",
    ])
    func `what is not exactly base64 is refused`(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test func `every byte survives`() {
        let bytes = (0...255).map { UInt8($0) }
        for count in 250...256 {
            #expect(Base64.decode(Base64.encode(Array(bytes[..<count]))) == Array(bytes[..<count]))
        }
    }
}
