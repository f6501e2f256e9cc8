/// Walks a polling body: packets separated by the byte 0x1E.
public struct EngineIOPayloadReader: ~Copyable {
    /// The separator (ASCII record separator).
    public static let separator: UInt8 = 0x1E

    private let maximumPackets: Int
    private var next = 0
    private var packets = 0
    private var isChecked = false

    /// - Parameter maximumPackets: more in one body are refused.
    public init(maximumPackets: Int = 1024) { self.maximumPackets = maximumPackets }

    /// The next packet of `body`, which must be the same each time; nil behind the last. An empty body holds none.
    /// Decoding stops at the first bad packet, those before it having been returned.
    public mutating func read(_ body: Span<UInt8>) throws(WireError) -> EngineIOPacket? {
        if !isChecked {
            isChecked = true
            do throws(Unicode.UTF8.ValidationError) {
                _ = try UTF8Span(validating: body)
            } catch {
                throw .engineIO(.invalidUTF8)
            }
            if body.isEmpty { next = 1 }
        }
        // A separator at the very end would leave an empty packet, which is refused: so `next == count` is read.
        guard next <= body.count else { return nil }
        guard packets < maximumPackets else { throw .engineIO(.tooManyPackets) }
        packets &+= 1
        let start = next
        var end = start
        while end < body.count, body[end] != Self.separator { end &+= 1 }
        next = end &+ 1
        return try EngineIOPacket.decode(body, in: start..<end)
    }
}
