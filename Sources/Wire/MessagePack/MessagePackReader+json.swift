extension MessagePackReader {
    /// Appends the next value to `json` as JSON text.
    ///
    /// Binary values become placeholders, as Socket.IO has them, and go to `attachments`; times become what a Date of
    /// ECMAScript writes; numbers that JSON cannot say become null; text that is not UTF-8 is repaired.
    /// - Parameter maximumAttachments: more binary values than these are refused.
    public mutating func appendJSON(
        _ bytes: Span<UInt8>, to json: inout [UInt8], attachments: inout [[UInt8]], maximumAttachments: Int
    ) throws(WireError) {
        try appendValue(bytes, &json, &attachments, maximumAttachments, Self.maximumDepth)
    }

    private mutating func appendValue(
        _ bytes: Span<UInt8>, _ json: inout [UInt8], _ attachments: inout [[UInt8]], _ limit: Int, _ depth: Int
    ) throws(WireError) {
        let start = offset
        switch try next(bytes) {
        case .null: json.append(contentsOf: "null".utf8)
        case .bool(let value): json.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): json.append(decimal: Int(value))
        case .unsigned(let value): json.append(contentsOf: value.description.utf8)
        case .double(let value): json.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let range): Self.appendString(bytes, range, &json)
        case .time(let milliseconds): ISOTime.append(milliseconds, to: &json)
        case .binary(let range):
            guard attachments.count < limit else { throw .messagePack(.tooManyAttachments, at: start) }
            json.append(contentsOf: "{\"_placeholder\":true,\"num\":".utf8)
            json.append(decimal: attachments.count)
            json.append(0x7D)
            var attachment: [UInt8] = []
            attachment.append(copying: bytes, range)
            attachments.append(attachment)
        case .array(let count):
            guard depth > 0 else { throw .messagePack(.tooDeep, at: start) }
            json.append(0x5B)
            for index in 0..<count {
                if index > 0 { json.append(0x2C) }
                try appendValue(bytes, &json, &attachments, limit, depth &- 1)
            }
            json.append(0x5D)
        case .map(let count):
            guard depth > 0 else { throw .messagePack(.tooDeep, at: start) }
            json.append(0x7B)
            for index in 0..<count {
                if index > 0 { json.append(0x2C) }
                try appendKey(bytes, &json)
                json.append(0x3A)
                try appendValue(bytes, &json, &attachments, limit, depth &- 1)
            }
            json.append(0x7D)
        }
    }

    private mutating func appendKey(_ bytes: Span<UInt8>, _ json: inout [UInt8]) throws(WireError) {
        let start = offset
        switch try next(bytes) {
        case .string(let range): Self.appendString(bytes, range, &json)
        case .integer(let value):
            json.append(0x22)
            json.append(decimal: Int(value))
            json.append(0x22)
        default: throw .messagePack(.invalidKey, at: start)
        }
    }

    private static func appendString(_ bytes: Span<UInt8>, _ range: Range<Int>, _ json: inout [UInt8]) {
        let text = bytes.extracting(range)
        var isASCII = true
        for index in 0..<text.count where text[index] >= 0x80 {
            isASCII = false
            break
        }
        if isASCII || (try? UTF8Span(validating: text)) != nil {
            JSONWriter.appendString(utf8: text, to: &json)
        } else {
            JSONWriter.appendString(Self.text(bytes, range), to: &json)
        }
    }
}
