/// What ``HTTPResponseParser`` found next.
public enum HTTPResponseEvent: Sendable {
    /// All input is consumed; a message goes on, or none has begun.
    case needsMore
    /// A 1xx response other than 101; the final one follows.
    case interim(HTTPResponseHead)
    case head(HTTPResponseHead)
    /// Bytes of the body, as a range of the input.
    case body(Range<Int>)
    /// The response is complete. After a 101 the input behind the offset is the other protocol's.
    case end
}
