/// A Lua script. It runs by its digest once Redis has told it, and by its source where Redis has lost it.
public struct RedisScript: Sendable {
    /// Unique in the process: the digest is remembered under it.
    public let name: String
    public let source: String

    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }

    /// A script embedded in the executable.
    public init(name: String, utf8 source: [UInt8]) {
        self.init(name: name, source: String(decoding: source, as: UTF8.self))
    }
}
