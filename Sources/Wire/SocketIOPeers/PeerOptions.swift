/// What goes with an event in MessagePack: `{rooms: […], except: […], flags: {…}}`, any of them missing. Flags that say
/// how an event is written (`binary`, `broadcast`) are passed over: each server decides that for its own clients.
struct PeerOptions: Equatable, Sendable {
    var target = PeerTarget()
    var isVolatile = false
    /// `compress: false`: sent as it is, where others would be compressed.
    var isUncompressed = false
    /// How long the sender waits for acknowledgements.
    var timeoutMilliseconds: Int?

    static func decode(
        _ bytes: Span<UInt8>, _ reader: inout MessagePackReader
    ) throws(WireError) -> PeerOptions {
        var options = PeerOptions()
        for _ in 0..<(try reader.map(bytes)) {
            let key = try reader.string(bytes)
            if bytes.equals("rooms", in: key) {
                options.target.rooms = try texts(bytes, &reader)
            } else if bytes.equals("except", in: key) {
                options.target.except = try texts(bytes, &reader)
            } else if bytes.equals("flags", in: key) {
                try options.decodeFlags(bytes, &reader)
            } else {
                try reader.skip(bytes)
            }
        }
        return options
    }

    private static func texts(
        _ bytes: Span<UInt8>, _ reader: inout MessagePackReader
    ) throws(WireError) -> [String] {
        switch try reader.next(bytes) {
        case .null: return []
        case .array(let count):
            var texts: [String] = []
            for _ in 0..<count { texts.append(try reader.text(bytes)) }
            return texts
        default: throw .peerMessage(.unexpectedShape)
        }
    }

    private mutating func decodeFlags(
        _ bytes: Span<UInt8>, _ reader: inout MessagePackReader
    ) throws(WireError) {
        switch try reader.next(bytes) {
        case .null: return
        case .map(let count):
            for _ in 0..<count {
                let key = try reader.string(bytes)
                if bytes.equals("volatile", in: key) {
                    isVolatile = try reader.next(bytes) == .bool(true)
                } else if bytes.equals("compress", in: key) {
                    isUncompressed = try reader.next(bytes) == .bool(false)
                } else if bytes.equals("timeout", in: key) {
                    if case .integer(let timeout) = try reader.next(bytes), timeout >= 0 {
                        timeoutMilliseconds = Int(timeout)
                    }
                } else {
                    try reader.skip(bytes)
                }
            }
        default: throw .peerMessage(.unexpectedShape)
        }
    }

    func append(to writer: inout MessagePackWriter) {
        writer.map(3)
        writer.value("rooms")
        writer.array(target.rooms.count)
        for room in target.rooms { writer.value(room) }
        writer.value("except")
        writer.array(target.except.count)
        for room in target.except { writer.value(room) }
        writer.value("flags")
        writer.map((isVolatile ? 1 : 0) + (isUncompressed ? 1 : 0) + (timeoutMilliseconds == nil ? 0 : 1))
        if isVolatile {
            writer.value("volatile")
            writer.value(true)
        }
        if isUncompressed {
            writer.value("compress")
            writer.value(false)
        }
        if let timeoutMilliseconds {
            writer.value("timeout")
            writer.value(Int64(timeoutMilliseconds))
        }
    }
}
