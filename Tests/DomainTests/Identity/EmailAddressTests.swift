import Domain
import Testing

@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("admin@example.com", "admin@example.com"),
        (" Anna.Lind+test@Mail.Example.COM ", "anna.lind+test@mail.example.com"),
        ("o'neil_{x}@a-b.co", "o'neil_{x}@a-b.co"),
    ])
    func `what can be delivered to is taken, in lower case`(text: String, address: String) {
        #expect(EmailAddress(text)?.description == address)
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b.co", "a@b", "a@@b.co", "a@b@c.co", "a b@c.co", "a@b .co", ".a@b.co", "a.@b.co",
        "a..b@c.co", "a@-b.co", "a@b-.co", "a@b..co", "a@b.co.", "\"a\"@b.co", "a@[127.0.0.1]", "a\n@b.co", "é@b.co",
        "a@é.co", "a@b.co\r\nBcc: c@d.co", String(repeating: "a", count: 65) + "@b.co",
        "a@" + String(repeating: "b", count: 64) + ".co", "a\0@b.co", "\u{212A}@b.co",
    ])
    func `anything else is refused`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `no address is longer than 254`() {
        let label = String(repeating: "b", count: 60)
        #expect(EmailAddress("abcdefg@\(label).\(label).\(label).\(label).co") != nil)
        #expect(EmailAddress("abcdefghi@\(label).\(label).\(label).\(label).co") == nil)
    }
}
