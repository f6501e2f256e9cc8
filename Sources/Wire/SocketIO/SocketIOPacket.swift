/// A Socket.IO 5 packet as it lies in its bytes: a few numbers and ranges, nothing decoded, nothing allocated.
///
/// Every range counts from the start of the bytes that ``decode(_:from:limits:)`` was given.
public struct SocketIOPacket: Equatable, Sendable {
    public let type: SocketIOPacketType
    /// The namespace with its leading slash; nil means `/`, also where the peer wrote `/,`.
    public let namespace: Range<Int>?
    /// The acknowledgement id: asked for by an event, answered by an acknowledgement.
    public let acknowledgementID: Int?
    /// Binary messages that follow.
    public let attachmentCount: Int
    /// The whole raw JSON payload; nil when there is none.
    public let payload: Range<Int>?
    /// An event's name as raw JSON (a string with its quotes, or a number); nil for other types.
    public let eventName: Range<Int>?
    /// The raw JSON arguments, comma separated and without the array's brackets; empty when there are none.
    public let arguments: Range<Int>

    /// The namespace as text.
    public func namespaceName(in bytes: Span<UInt8>) -> String {
        guard let namespace else { return "/" }
        var name: [UInt8] = []
        name.append(copying: bytes, namespace)
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether this is an event called `name`. Compares bytes; only a name written with escapes is decoded.
    public func isEvent(_ name: String, in bytes: Span<UInt8>) -> Bool {
        guard let eventName, bytes[eventName.lowerBound] == 0x22 else { return false }
        let content = eventName.lowerBound &+ 1..<eventName.upperBound &- 1
        return (try? JSONScanner.name(bytes, content, equals: name)) ?? false
    }

    /// An event's name as text; a number's digits where the name is a number.
    public func eventNameText(in bytes: Span<UInt8>) -> String? {
        guard let eventName else { return nil }
        if bytes[eventName.lowerBound] == 0x22 { return try? JSONScanner.string(bytes, eventName) }
        var digits: [UInt8] = []
        digits.append(copying: bytes, eventName)
        return String(decoding: digits, as: UTF8.self)
    }

    /// The ranges of the single arguments.
    public func argumentRanges(in bytes: Span<UInt8>) throws(WireError) -> [Range<Int>] {
        guard let payload, JSONScanner.kind(bytes, at: payload.lowerBound) == .array else { return [] }
        var ranges = try JSONScanner.elements(bytes, payload)
        if eventName != nil { ranges.removeFirst() }
        return ranges
    }

    /// The first argument's range, found without looking at the others; nil when there is none.
    public func firstArgument(in bytes: Span<UInt8>) throws(WireError) -> Range<Int>? {
        guard !arguments.isEmpty else { return nil }
        let end = try JSONLexer.skipValue(
            bytes.extracting(0..<arguments.upperBound), arguments.lowerBound, depth: JSONScanner.depthCeiling)
        return arguments.lowerBound..<end
    }
}
