/// What ``HTTPRequestParser`` found next.
public enum HTTPRequestEvent: Sendable {
    /// All input is consumed; a message goes on, or none has begun.
    case needsMore
    case head(HTTPRequestHead)
    /// Bytes of the body, as a range of the input.
    case body(Range<Int>)
    /// The request is complete. Input behind the offset is the next request, or another protocol's.
    case end
}
