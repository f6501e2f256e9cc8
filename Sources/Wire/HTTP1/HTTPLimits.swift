/// What one HTTP message may take of this side's memory.
public struct HTTPLimits: Sendable {
    /// Bytes of start line and fields together, line ends included.
    public var head: Int
    /// Bytes of a request's target.
    public var target: Int
    /// Fields of a head, and again of a trailer section.
    public var fieldCount: Int
    /// Bytes of a body, chunks joined.
    public var body: Int
    /// Bytes of all chunk extensions of a message, and again of its trailer section: both are dropped, so they are only
    /// worth a bound.
    public var dropped: Int

    public init(
        head: Int = 16 * 1024, target: Int = 8 * 1024, fieldCount: Int = 100, body: Int = 1024 * 1024,
        dropped: Int = 8 * 1024
    ) {
        self.head = head
        self.target = target
        self.fieldCount = fieldCount
        self.body = body
        self.dropped = dropped
    }
}
