/// Keeps secrets out of lines, should one be handed in by mistake: by the name of the field, and by what tokens and
/// passwords in addresses look like.
enum LogRedaction {
    static let mark = "[redacted]"

    /// A field of this name is never written.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretWords.contains { name.contains($0) }
    }

    /// The text without JSON Web Tokens, `Bearer` credentials and the passwords of URLs.
    static func clean(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            let end = tokenEnd(bytes, at: index) ?? bearerEnd(bytes, at: index) ?? passwordEnd(bytes, at: index)
            if let end {
                result += bytes[copied..<index]
                result += mark.utf8
                copied = end
            }
            index = end ?? index + 1
        }
        return copied == 0 ? text : String(decoding: result + bytes[copied...], as: UTF8.self)
    }

    private static let secretWords = ["password", "secret", "token", "authorization", "cookie", "apikey", "api_key"]
    /// Bytes: no JSON Web Token is as short.
    private static let shortestToken = 20
    private static let bearer = Array("bearer ".utf8)

    /// Where a word ends that begins as `{"` does in base64url.
    private static func tokenEnd(_ bytes: [UInt8], at start: Int) -> Int? {
        guard bytes[start] == UInt8(ascii: "e"), bytes[start...].starts(with: "eyJ".utf8) else { return nil }
        let length = bytes[start...].prefix { isTokenCharacter($0) }.count
        return length >= shortestToken ? start + length : nil
    }

    /// Where the credentials end that follow `Bearer `.
    private static func bearerEnd(_ bytes: [UInt8], at start: Int) -> Int? {
        guard start >= bearer.count, bytes[start - 1] == UInt8(ascii: " ") else { return nil }
        let before = bytes[(start - bearer.count)..<start]
        guard zip(before, bearer).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        let length = bytes[start...].prefix { isTokenCharacter($0) }.count
        return length > 0 ? start + length : nil
    }

    /// Where the password of `scheme://user:password@host` ends.
    private static func passwordEnd(_ bytes: [UInt8], at start: Int) -> Int? {
        guard start > 3, bytes[start - 1] == UInt8(ascii: ":") else { return nil }
        let user = bytes[..<(start - 1)].reversed().prefix { !isDelimiter($0) }
        guard bytes[..<(start - 1 - user.count)].suffix(3).elementsEqual("://".utf8) else { return nil }
        let end = start + bytes[start...].prefix { $0 != UInt8(ascii: "@") && !isDelimiter($0) }.count
        return end > start && end < bytes.count && bytes[end] == UInt8(ascii: "@") ? end : nil
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\"")
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_.=+/~".utf8.contains(byte)
        }
    }
}
