import CHiredis

/// Incremental RESP2 parser over hiredis's reader. Owns the C reader; replies are copied out and freed at once, so no
/// C memory outlives a call.
struct ReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = redisReaderCreate() else {
            // hiredis gives nil only when malloc fails, and no caller can go on without memory.
            fatalError("out of memory for a RESP reader")
        }
        self.reader = reader
    }

    deinit {
        redisReaderFree(reader)
    }

    /// Takes in what was read; the bytes are copied.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard let base = bytes.baseAddress else { return }
        guard redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK else {
            throw failure
        }
    }

    /// The next whole reply, or nil until more bytes come.
    func next() throws(RedisError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw failure }
        guard let object else { return nil }
        defer { freeReplyObject(object) }
        return Self.convert(object.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var failure: RedisError {
        let message = withUnsafeBytes(of: reader.pointee.errstr) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .protocolViolation(message)
    }

    private static func convert(_ reply: redisReply) -> RedisReply {
        switch reply.type {
        case REDIS_REPLY_INTEGER:
            return .integer(reply.integer)
        case REDIS_REPLY_STRING:
            return .bulk([UInt8](raw(reply)))
        case REDIS_REPLY_STATUS:
            return .status(String(decoding: raw(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR:
            return .error(line: String(decoding: raw(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            return .array(
                (0..<Int(reply.elements)).map { index in
                    reply.element[index].map { convert($0.pointee) } ?? .null
                })
        default:
            return .null
        }
    }

    private static func raw(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
    }
}
