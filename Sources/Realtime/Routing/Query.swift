import Wire

/// The part of a target after `?`, decoded on demand (`application/x-www-form-urlencoded`: `+` is a space).
public struct Query: Sendable {
    /// As it came, without the `?`.
    public let text: String

    public init(text: String) {
        self.text = text
    }

    /// The first value of this name; "" for a name without `=`; nil when absent or not decodable.
    public subscript(name: String) -> String? {
        for pair in text.split(separator: "&") {
            let (rawName, rawValue) = Self.halves(pair)
            if PercentEncoding.decode(rawName, plusIsSpace: true) == name {
                return PercentEncoding.decode(rawValue, plusIsSpace: true)
            }
        }
        return nil
    }

    /// Whether every pair can be decoded: no broken escape, UTF-8, no NUL.
    public var isDecodable: Bool { pairs.count == text.split(separator: "&").count }

    /// Every pair in order. Pairs that cannot be decoded are left out.
    public var pairs: [(name: String, value: String)] {
        text.split(separator: "&").compactMap { pair in
            let (rawName, rawValue) = Self.halves(pair)
            guard let name = PercentEncoding.decode(rawName, plusIsSpace: true),
                let value = PercentEncoding.decode(rawValue, plusIsSpace: true)
            else { return nil }
            return (name, value)
        }
    }

    private static func halves(_ pair: Substring) -> (Substring, Substring) {
        guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (pair, "") }
        return (pair[..<equals], pair[pair.utf8.index(after: equals)...])
    }
}
