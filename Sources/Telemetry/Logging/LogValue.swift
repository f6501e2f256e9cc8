/// What a field of a log line holds.
public enum LogValue: Sendable {
    case string(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case null
}

extension LogValue {
    public init(_ value: some BinaryInteger) {
        self = .integer(Int64(clamping: value))
    }

    /// A number that may be missing; nil is null.
    public init<Value: BinaryInteger>(_ value: Value?) {
        self = value.map { .integer(Int64(clamping: $0)) } ?? .null
    }

    /// Whatever describes itself; nil is null.
    public init<Value: CustomStringConvertible>(_ value: Value?) {
        self = value.map { .string($0.description) } ?? .null
    }
}

extension LogValue: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension LogValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

extension LogValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) {
        self = .double(value)
    }
}

extension LogValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }
}
