/// Parses the requests of one connection, strictly (RFC 9112), from input that comes in any pieces.
///
/// ```swift
/// var offset = 0
/// while true {
///     switch try parser.next(input, &offset) {
///     case .needsMore: return
///     case .head(let head): …
///     case .body(let range): body.append(copying: input, range)
///     case .end: …answer; go on for a pipelined request, or keep the rest of the input for later
///     }
/// }
/// ```
/// A head that one piece holds whole is parsed where it lies. After an error nothing more is parsed: the error is thrown
/// again, as no later byte can be trusted to begin a request.
public struct HTTPRequestParser: ~Copyable {
    private enum State {
        case head
        case body(HTTPBodyDecoder)
        case failed(WireError)
    }

    /// Bounds; changing them after a head was reported applies from the next request on.
    public var limits: HTTPLimits
    private var state = State.head
    private var scanner = HTTPHeadScanner()
    private var hasBegun = false

    public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Whether part of a request has come: such a connection, when it closes or falls silent, has failed; otherwise it is
    /// idle.
    public var isInsideRequest: Bool { hasBegun }

    /// The next thing in `input` at `offset`, which is moved behind it.
    public mutating func next(_ input: Span<UInt8>, _ offset: inout Int) throws(WireError) -> HTTPRequestEvent {
        do throws(WireError) {
            switch state {
            case .head: return try nextHead(input, &offset)
            case .body(var decoder):
                // Moved out and back so that the decoder's bytes are not copied.
                state = .head
                let step = try decoder.next(input, &offset)
                switch step {
                case .needsMore:
                    state = .body(decoder)
                    return .needsMore
                case .data(let range):
                    state = .body(decoder)
                    return .body(range)
                case .end:
                    hasBegun = false
                    return .end
                }
            case .failed(let error): throw error
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func nextHead(_ input: Span<UInt8>, _ offset: inout Int) throws(WireError) -> HTTPRequestEvent {
        guard offset < input.count else { return .needsMore }
        hasBegun = true
        let head: HTTPRequestHead
        switch try scanner.scan(input, &offset, limits: limits) {
        case .incomplete: return .needsMore
        case .inPlace(let range):
            head = try HTTPRequestHead(parsing: input.extracting(range), lines: scanner.lines, limits: limits)
        case .gathered:
            head = try HTTPRequestHead(parsing: scanner.gathered.span, lines: scanner.lines, limits: limits)
        }
        scanner.reset()
        state = .body(HTTPBodyDecoder(head.framing, limits: limits))
        return .head(head)
    }
}
