import Domain

extension InputReader {
    /// A name of a person or thing: up to 120 characters, not all of them white space.
    mutating func name(_ field: String) -> String {
        let text = text(field, characters: 1...InputLimits.nameLength)
        checkName(field, text)
        return text
    }

    /// As `name`; nil when it is absent.
    mutating func optionalName(_ field: String) -> String? {
        guard let text = optionalText(field, characters: 1...InputLimits.nameLength) else { return nil }
        checkName(field, text)
        return text
    }

    private mutating func checkName(_ field: String, _ text: String) {
        if !text.isEmpty, TextProblem.find(inName: text) == .blank { report(field, "TOO_SHORT", "must not be blank") }
    }

    /// An e-mail address as accounts are known by it.
    mutating func email(_ field: String) -> String {
        let text = text(field, characters: 1...InputLimits.emailLength)
        guard !text.isEmpty else { return "" }
        guard let address = EmailAddress(text) else {
            report(field, "INVALID_VALUE", "must be an e-mail address")
            return ""
        }
        return address.description
    }

    /// A language tag (RFC 5646) by its form: letters, digits and hyphens, up to 35 characters (its section 4.4.1).
    mutating func locale(_ field: String) -> String? {
        guard let text = optionalText(field, characters: 2...35) else { return nil }
        let isTag = text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            (1...8).contains(part.utf8.count)
                && part.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                }
        }
        guard isTag else {
            report(field, "INVALID_VALUE", "must be a language tag like en or pt-BR")
            return nil
        }
        return text
    }
}
