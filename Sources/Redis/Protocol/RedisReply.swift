/// One RESP2 reply, converted to Swift values. An error *inside* an array stays a value; at the top level the client
/// throws it.
public enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    /// A simple string such as `OK`.
    case status(String)
    /// A bulk string: opaque bytes.
    case bulk([UInt8])
    case array([RedisReply])
    case error(code: String, message: String)
}

extension RedisReply {
    /// The number, also when it came as text (as values of hashes do); nil for anything else.
    public var int: Int64? {
        switch self {
        case .integer(let number): number
        case .bulk, .status: text.flatMap { Int64($0) }
        case .null, .array, .error: nil
        }
    }

    /// The text of a status or a bulk string (invalid UTF-8 is repaired); nil for anything else.
    public var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The bytes of a bulk string; nil for anything else.
    public var bytes: [UInt8]? {
        if case .bulk(let bytes) = self { bytes } else { nil }
    }

    /// The elements of an array; nil for anything else.
    public var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Splits the line of an error reply, `WRONGTYPE Operation against …`, into its code and the rest.
    static func error(line: String) -> RedisReply {
        guard let space = line.firstIndex(of: " ") else { return .error(code: line, message: "") }
        return .error(code: String(line[..<space]), message: String(line[line.index(after: space)...]))
    }
}
