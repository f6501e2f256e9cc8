/// A statement's parameter. The server infers each parameter's type from the statement; any case that the inferred
/// type can be read from will do (`.int` for int2, int4, int8, numeric, …; `.text` for every type's text form).
public enum PostgresValue: Sendable {
    /// SQL NULL.
    case null
    /// boolean.
    case bool(Bool)
    /// int2, int4, int8, numeric, oid.
    case int(Int64)
    /// float8, float4, numeric.
    case double(Double)
    /// The text form of any type; NUL is refused.
    case text(String)
    /// bytea.
    case bytes([UInt8])
    /// uuid, text.
    case uuid(high: UInt64, low: UInt64)
    /// json, jsonb, text: JSON in UTF-8; NUL is refused.
    case json([UInt8])
    /// timestamptz: Unix time in milliseconds.
    case timestamp(milliseconds: Int64)
    /// boolean[].
    case bools([Bool])
    /// int8[], int4[], int2[].
    case ints([Int64])
    /// int8[] with NULLs.
    case optionalInts([Int64?])
    /// float8[].
    case doubles([Double])
    /// float8[] with NULLs.
    case optionalDoubles([Double?])
    /// text[], varchar[]; NUL is refused.
    case texts([String])
    /// text[] with NULLs.
    case optionalTexts([String?])
    /// uuid[].
    case uuids([PostgresUUID])
    /// timestamptz[]: Unix times in milliseconds.
    case timestamps(milliseconds: [Int64])

    /// uuid from its value.
    public static func uuid(_ value: PostgresUUID) -> PostgresValue { .uuid(high: value.high, low: value.low) }
}

extension PostgresValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(nilLiteral: ()) { self = .null }
}
