/// Why a JSON text was refused (RFC 8259), and where.
public struct JSONFault: Equatable, Sendable {
    /// The rule that was broken.
    public enum Reason: Equatable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that no value, separator or literal allows there.
        case unexpectedByte
        /// More bytes after the one value.
        case trailingBytes
        /// Arrays and objects nested beyond the limit.
        case tooDeep
        /// An object has the same member name twice.
        case duplicateKey
        /// Not UTF-8 (RFC 8259 section 8.1).
        case invalidUTF8
        /// An unescaped control character inside a string.
        case controlCharacter
        /// A backslash followed by what is no escape.
        case invalidEscape
        /// Half of a surrogate pair.
        case loneSurrogate
        /// Not the grammar of a number.
        case invalidNumber
        /// A number too large for a double, or for the integer asked for.
        case numberOutOfRange
        /// The value is not of the kind the caller reads.
        case kindMismatch
    }

    /// The rule that was broken.
    public let reason: Reason
    /// Bytes from the start of the text to where it was noticed.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension WireError {
    static func json(_ reason: JSONFault.Reason, at offset: Int) -> WireError { .json(JSONFault(reason, at: offset)) }
}
