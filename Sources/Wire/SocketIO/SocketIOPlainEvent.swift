/// An event as nearly all are written: of the main namespace, without attachments, blanks or escapes in its name. Less than
/// a ``SocketIOPacket``, for those to whom each instruction counts.
///
/// Every range counts from the start of the bytes that ``find(in:depth:)`` was given.
public struct SocketIOPlainEvent: Equatable, Sendable {
    /// The acknowledgement that is asked for.
    public let acknowledgementID: Int?
    /// The name without its quotes.
    public let name: Range<Int>
    /// The raw JSON arguments, comma separated and without the array's brackets; empty when there are none.
    public let arguments: Range<Int>

    /// The event that fills `bytes`, the text of an Engine.IO message without its type digit. What ``SocketIOPacket`` checks
    /// has been checked. nil: it is written in another way or is none, and ``SocketIOPacket`` tells.
    ///
    /// - Parameter bytes: known to be UTF-8.
    /// - Parameter depth: levels of arrays and objects, the packet's own counted.
    public static func find(in bytes: Span<UInt8>, depth: Int) -> SocketIOPlainEvent? {
        guard bytes.count > 1, bytes[0] == 0x32 else { return nil }
        var index = 1
        var id = 0
        while index < bytes.count, JSONLexer.isDigit(bytes[index]) {
            // Beyond 15 digits ECMAScript would round.
            guard index <= 15 else { return nil }
            id = id &* 10 &+ Int(bytes[index] &- 0x30)
            index &+= 1
        }
        guard let event = SocketIOPacket.readPlainEvent(bytes, index, depth: depth, isUTF8: true) else { return nil }
        return SocketIOPlainEvent(
            acknowledgementID: index > 1 ? id : nil, name: event.name.lowerBound &+ 1..<event.name.upperBound &- 1,
            arguments: event.arguments)
    }
}
