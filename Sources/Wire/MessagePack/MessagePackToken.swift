/// One value, or the beginning of one, as it lies in its bytes. Ranges count from the start of the bytes.
public enum MessagePackToken: Equatable, Sendable {
    /// Also what notepack before 3.0 wrote for `undefined`, and a time that no ECMAScript Date can hold.
    case null
    case bool(Bool)
    case integer(Int64)
    /// Beyond `Int64.max`.
    case unsigned(UInt64)
    case double(Double)
    /// Text, not checked to be UTF-8.
    case string(Range<Int>)
    case binary(Range<Int>)
    /// That many values follow; no more than bytes are left.
    case array(Int)
    /// That many keys follow, each with its value; no more than half as many as bytes are left.
    case map(Int)
    /// Milliseconds since 1970, within the range of ECMAScript's Date.
    case time(Int64)
}
