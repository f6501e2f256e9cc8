/// The `name=value` pairs of a target's query, decoded, in order.
public struct HTTPQuery: Sendable {
    public struct Item: Equatable, Sendable {
        public let name: String
        public let value: String
    }

    public let items: [Item]

    public init() { items = [] }

    /// Parses `raw`, the text behind the question mark; `+` is a space. Refused when an encoding in it is malformed.
    public init(parsing raw: Substring) throws(WireError) {
        var items: [Item] = []
        for pair in raw.split(separator: "&") {
            let equals = pair.firstIndex(of: "=")
            let value = equals.map { pair[pair.index(after: $0)...] } ?? ""
            guard let name = PercentEncoding.decode(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true),
                let value = PercentEncoding.decode(value, plusIsSpace: true)
            else { throw .http(.invalidTarget) }
            items.append(Item(name: name, value: value))
        }
        self.items = items
    }

    /// The value of the first pair called `name`; empty when it has no `=`.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// The values of every pair called `name`.
    public func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
