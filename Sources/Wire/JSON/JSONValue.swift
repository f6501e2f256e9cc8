/// A decoded JSON value. Objects keep the order of their members and never hold a name twice.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number, as the nearest finite double.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// How deep arrays and objects may nest unless the caller says otherwise: far more than any message needs, far less
    /// than the stack holds.
    public static let defaultMaximumDepth = 64

    /// The member called `name`; nil when absent or when this is no object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for member in members where member.name == name { return member.value }
        return nil
    }

    /// The element at `index`; nil when absent or when this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    public var isNull: Bool { self == .null }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer; a double that is a whole number within ±2^53 counts (`1.0`, `1e3`), as it does in ECMAScript.
    public var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value) where value.magnitude <= 9_007_199_254_740_992 && Double(Int64(value)) == value:
            Int64(value)
        default: nil
        }
    }

    /// The number as a double; an integer beyond 2^53 is rounded.
    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var objectValue: [JSONMember]? {
        if case .object(let value) = self { value } else { nil }
    }
}
