/// An e-mail address as accounts are known by it. The whole is lower case: no provider tells accounts apart by case.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Takes what can be delivered to, not all that RFC 5322 permits: `local@domain` of printable ASCII without quotes,
    /// comments or address literals, 254 characters in all, 64 before the `@`, labels of letters, digits and inner
    /// hyphens, at least two of them. White space around it is dropped. Nil for anything else.
    public init?(_ text: String) {
        // Before lower case: the Kelvin sign's is a plain k.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let trimmed = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        let parts = String(trimmed).lowercased().split(
            separator: "@", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else { return nil }
        description = parts[0] + "@" + parts[1]
        guard description.utf8.count <= InputLimits.emailLength else { return nil }
    }

    /// RFC 5321, 4.5.3.1.1
    private static let localLength = 1...64
    /// RFC 1035, 2.3.4
    private static let labelLength = 1...63
    /// RFC 5322, 3.2.3: atext beside letters and digits.
    private static let atomSigns = Array("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isLocal(_ text: Substring) -> Bool {
        localLength.contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.utf8.allSatisfy { isAlphanumeric($0) || atomSigns.contains($0) }
            }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                labelLength.contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
