import Wire

/// The expectation macros cannot hold spans.
extension SocketIOPacket {
    func isEvent(_ name: String, in bytes: [UInt8]) -> Bool { isEvent(name, in: bytes.span) }
    func namespaceName(in bytes: [UInt8]) -> String { namespaceName(in: bytes.span) }
    func eventNameText(in bytes: [UInt8]) -> String? { eventNameText(in: bytes.span) }
    func firstArgument(in bytes: [UInt8]) throws(WireError) -> Range<Int>? { try firstArgument(in: bytes.span) }
    func argumentRanges(in bytes: [UInt8]) throws(WireError) -> [Range<Int>] { try argumentRanges(in: bytes.span) }
    func placeholders(in bytes: [UInt8]) throws(WireError) -> [SocketIOPlaceholder] { try placeholders(in: bytes.span) }
}
