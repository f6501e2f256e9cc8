extension SocketIOPacket {
    /// Decodes the packet that fills `bytes` from `offset` to the end: the text of an Engine.IO message, `offset` being 1
    /// when its type digit `4` is still there.
    ///
    /// The grammar is `type [attachments "-"] [namespace ","] [id] [json]`. The payload is checked whole: JSON in UTF-8 of
    /// the shape that the type asks for, so what ``arguments`` covers may be spliced into other JSON as it is.
    ///
    /// - Parameter isUTF8: the bytes are known to be UTF-8, as those of a WebSocket's text message are, and are not checked
    ///   for it again.
    public static func decode(
        _ bytes: Span<UInt8>, from offset: Int = 0, limits: SocketIOLimits = SocketIOLimits(), isUTF8: Bool = false
    ) throws(WireError) -> SocketIOPacket {
        var index = offset
        guard index < bytes.count, bytes[index] >= 0x30, let type = SocketIOPacketType(rawValue: bytes[index] &- 0x30)
        else { throw .socketIO(.unknownType) }
        index &+= 1
        var attachmentCount = 0
        if type.isBinary { attachmentCount = try readAttachmentCount(bytes, &index, limit: limits.attachments) }
        let namespace = try readNamespace(bytes, &index, limit: limits.namespace)
        let identifier = try readIdentifier(bytes, &index, type)
        if case .event = type, let event = readPlainEvent(bytes, index, depth: limits.depth, isUTF8: isUTF8) {
            return SocketIOPacket(
                type: type, namespace: namespace, acknowledgementID: identifier, attachmentCount: 0,
                payload: index..<bytes.count, eventName: event.name, arguments: event.arguments)
        }
        let payload = try readPayload(bytes, index, depth: limits.depth)
        let shape = try checkShape(bytes, type, payload)
        let packet = SocketIOPacket(
            type: type, namespace: namespace, acknowledgementID: identifier, attachmentCount: attachmentCount,
            payload: payload, eventName: shape.name, arguments: shape.arguments)
        if type.isBinary { try packet.checkPlaceholders(in: bytes) }
        return packet
    }

    /// `["name",argument,…]` to the end of the bytes, checked in one pass. nil: it is not of this form, which may have
    /// blanks around its arguments only, or is no event at all; the general way finds out what is wrong.
    @inline(__always)
    static func readPlainEvent(
        _ bytes: Span<UInt8>, _ start: Int, depth: Int, isUTF8: Bool
    ) -> (name: Range<Int>, arguments: Range<Int>)? {
        let depth = min(depth, JSONScanner.depthCeiling)
        guard depth > 0, start &+ 1 < bytes.count, bytes[start] == 0x5B, bytes[start &+ 1] == 0x22 else { return nil }
        if !isUTF8, (try? UTF8Span(validating: bytes.extracting(start..<bytes.count))) == nil { return nil }
        guard let end = JSONLexer.skipPlainString(bytes, start &+ 1), end < bytes.count else { return nil }
        let name = start &+ 1..<end
        guard !isReservedPlain(bytes, start &+ 2..<end &- 1) else { return nil }
        let last = bytes.count &- 1
        if bytes[end] == 0x5D { return end == last ? (name, end..<end) : nil }
        guard bytes[end] == 0x2C else { return nil }
        let first = JSONLexer.skipWhitespace(bytes, end &+ 1)
        var index = first
        while true {
            if index < bytes.count, bytes[index] == 0x22, let end = JSONLexer.skipPlainString(bytes, index) {
                index = JSONLexer.skipWhitespace(bytes, end)
            } else {
                guard let end = try? JSONLexer.skipValue(bytes, index, depth: depth &- 1) else { return nil }
                index = JSONLexer.skipWhitespace(bytes, end)
            }
            guard index < bytes.count else { return nil }
            if bytes[index] == 0x5D { return index == last ? (name, first..<index) : nil }
            guard bytes[index] == 0x2C else { return nil }
            index = JSONLexer.skipWhitespace(bytes, index &+ 1)
        }
    }

    private static func readAttachmentCount(
        _ bytes: Span<UInt8>, _ index: inout Int, limit: Int
    ) throws(WireError) -> Int {
        guard let count = try readDigits(bytes, &index, or: .invalidAttachmentCount), index < bytes.count,
            bytes[index] == 0x2D
        else { throw .socketIO(.invalidAttachmentCount) }
        index &+= 1
        guard count <= limit else { throw .socketIO(.tooManyAttachments) }
        return count
    }

    /// Present when it begins with a slash; ends at a comma or, as in `40/admin`, with the packet.
    private static func readNamespace(
        _ bytes: Span<UInt8>, _ index: inout Int, limit: Int
    ) throws(WireError) -> Range<Int>? {
        guard index < bytes.count, bytes[index] == 0x2F else { return nil }
        let start = index
        while index < bytes.count, bytes[index] != 0x2C {
            guard bytes[index] > 0x20, bytes[index] != 0x7F, index &- start < limit else {
                throw .socketIO(.invalidNamespace)
            }
            index &+= 1
        }
        let range = start..<index
        index = min(index &+ 1, bytes.count)
        do throws(Unicode.UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.extracting(range))
        } catch {
            throw .socketIO(.invalidNamespace)
        }
        // Swift's client writes the main namespace out: `40/,` and `41/,`.
        return range.count == 1 ? nil : range
    }

    @inline(__always)
    private static func readIdentifier(
        _ bytes: Span<UInt8>, _ index: inout Int, _ type: SocketIOPacketType
    ) throws(WireError) -> Int? {
        let identifier = try readDigits(bytes, &index, or: .invalidAcknowledgementID)
        let isAllowed: Bool
        switch type {
        case .event, .binaryEvent: isAllowed = true
        case .acknowledgement, .binaryAcknowledgement: isAllowed = identifier != nil
        case .connect, .disconnect, .connectError: isAllowed = identifier == nil
        }
        guard isAllowed else { throw .socketIO(.invalidAcknowledgementID) }
        return identifier
    }

    /// Decimal digits; nil when there are none. Beyond 15 digits ECMAScript would round, so they are refused.
    @inline(__always)
    private static func readDigits(
        _ bytes: Span<UInt8>, _ index: inout Int, or fault: SocketIOFault
    ) throws(WireError) -> Int? {
        let start = index
        var value = 0
        while index < bytes.count, JSONLexer.isDigit(bytes[index]) {
            guard index &- start < 15 else { throw .socketIO(fault) }
            value = value &* 10 &+ Int(bytes[index] &- 0x30)
            index &+= 1
        }
        return index == start ? nil : value
    }

    private static func readPayload(
        _ bytes: Span<UInt8>, _ start: Int, depth: Int
    ) throws(WireError) -> Range<Int>? {
        guard start < bytes.count else { return nil }
        do throws(WireError) {
            return try JSONScanner.validate(bytes, in: start..<bytes.count, maximumDepth: depth)
        } catch {
            guard case .json(let fault) = error else { throw error }
            throw .socketIO(.invalidPayload(fault))
        }
    }

    private static func checkShape(
        _ bytes: Span<UInt8>, _ type: SocketIOPacketType, _ payload: Range<Int>?
    ) throws(WireError) -> (name: Range<Int>?, arguments: Range<Int>) {
        let end = bytes.count
        let kind: JSONKind? = if let payload { JSONScanner.kind(bytes, at: payload.lowerBound) } else { nil }
        switch (type, kind) {
        case (.connect, nil), (.connect, .object), (.disconnect, nil), (.connectError, .object),
            (.connectError, .string):
            return (nil, end..<end)
        case (.acknowledgement, .array), (.binaryAcknowledgement, .array):
            guard let payload else { return (nil, end..<end) }
            return (nil, trim(bytes, payload.lowerBound &+ 1..<payload.upperBound &- 1))
        case (.event, .array), (.binaryEvent, .array):
            guard let payload else { return (nil, end..<end) }
            return try splitEvent(bytes, payload)
        default: throw .socketIO(.unexpectedPayload)
        }
    }

    /// `["name",argument,…]` into its name and what follows the name's comma.
    private static func splitEvent(
        _ bytes: Span<UInt8>, _ payload: Range<Int>
    ) throws(WireError) -> (name: Range<Int>?, arguments: Range<Int>) {
        let start = JSONLexer.skipWhitespace(bytes, payload.lowerBound &+ 1)
        let kind = JSONScanner.kind(bytes, at: start)
        guard kind == .string || kind == .number else { throw .socketIO(.unexpectedPayload) }
        let end = try JSONLexer.skipValue(bytes, start, depth: 0)
        let name = start..<end
        if kind == .string, try isReserved(bytes, start &+ 1..<end &- 1) { throw .socketIO(.reservedEvent) }
        let separator = JSONLexer.skipWhitespace(bytes, end)
        guard bytes[separator] == 0x2C else { return (name, separator..<separator) }
        return (name, trim(bytes, separator &+ 1..<payload.upperBound &- 1))
    }

    private static func trim(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let start = min(JSONLexer.skipWhitespace(bytes, range.lowerBound), range.upperBound)
        return start..<range.upperBound
    }

    /// Names that the libraries themselves raise; a peer that sends one could fake a disconnect.
    private static func isReserved(_ bytes: Span<UInt8>, _ name: Range<Int>) throws(WireError) -> Bool {
        for index in name where bytes[index] == 0x5C {
            let decoded = Array(try JSONText.string(bytes, name, hasEscapes: true).utf8)
            return isReservedPlain(decoded.span, 0..<decoded.count)
        }
        return isReservedPlain(bytes, name)
    }

    /// Whether clients would take an event of this name for the end of their connection.
    static func isReserved(_ name: String) -> Bool {
        let bytes = name.utf8.span
        return isReservedPlain(bytes, 0..<bytes.count)
    }

    private static func isReservedPlain(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        switch name.count {
        case 7: bytes.equals("connect", in: name)
        case 10: bytes.equals("disconnect", in: name)
        case 11: bytes.equals("newListener", in: name)
        case 13: bytes.equals("connect_error", in: name) || bytes.equals("disconnecting", in: name)
        case 14: bytes.equals("removeListener", in: name)
        default: false
        }
    }
}
