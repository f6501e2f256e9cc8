/// What a raw JSON value is, told by its first byte.
public enum JSONKind: Sendable {
    case null, bool, number, string, array, object
}
