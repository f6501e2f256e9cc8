extension SocketIOPacket {
    /// The placeholders in the payload, in the order they are written. Each names an announced attachment.
    public func placeholders(in bytes: Span<UInt8>) throws(WireError) -> [SocketIOPlaceholder] {
        guard type.isBinary, let payload else { return [] }
        var found: [SocketIOPlaceholder] = []
        try collectPlaceholders(bytes, payload, &found)
        return found
    }

    func checkPlaceholders(in bytes: Span<UInt8>) throws(WireError) { _ = try placeholders(in: bytes) }

    private func collectPlaceholders(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ found: inout [SocketIOPlaceholder]
    ) throws(WireError) {
        switch JSONScanner.kind(bytes, at: range.lowerBound) {
        case .array:
            for element in try JSONScanner.elements(bytes, range) { try collectPlaceholders(bytes, element, &found) }
        case .object:
            if try isPlaceholder(bytes, range) {
                found.append(SocketIOPlaceholder(range: range, attachment: try attachmentNumber(bytes, range)))
                return
            }
            var values: [Range<Int>] = []
            try JSONScanner.forEachMember(bytes, range) { _, value throws(WireError) in values.append(value) }
            for value in values { try collectPlaceholders(bytes, value, &found) }
        default: break
        }
    }

    private func isPlaceholder(_ bytes: Span<UInt8>, _ object: Range<Int>) throws(WireError) -> Bool {
        guard let mark = try unique("_placeholder", bytes, object) else { return false }
        return bytes.equals("true", in: mark)
    }

    private func attachmentNumber(_ bytes: Span<UInt8>, _ object: Range<Int>) throws(WireError) -> Int {
        guard let number = try unique("num", bytes, object), JSONScanner.kind(bytes, at: number.lowerBound) == .number,
            let value = try? JSONScanner.integer(bytes, number), value >= 0, value < attachmentCount
        else { throw .socketIO(.invalidPlaceholder) }
        return Int(value)
    }

    private func unique(_ name: String, _ bytes: Span<UInt8>, _ object: Range<Int>) throws(WireError) -> Range<Int>? {
        do throws(WireError) {
            return try JSONScanner.member(name, in: bytes, object)
        } catch {
            throw .socketIO(.invalidPlaceholder)
        }
    }
}
