/// Parses the responses that a client gets on one connection; used as ``HTTPRequestParser`` is.
public struct HTTPResponseParser: ~Copyable {
    private enum State {
        case head
        case body(HTTPBodyDecoder)
        case failed(WireError)
    }

    public var limits: HTTPLimits
    /// The method of the request whose response comes next: a response to HEAD has no body.
    public var requestMethod = HTTPMethod.get
    private var state = State.head
    private var scanner = HTTPHeadScanner()
    private var hasBegun = false

    public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// The next thing in `input` at `offset`, which is moved behind it.
    public mutating func next(_ input: Span<UInt8>, _ offset: inout Int) throws(WireError) -> HTTPResponseEvent {
        do throws(WireError) {
            switch state {
            case .head: return try nextHead(input, &offset)
            case .body(var decoder):
                state = .head
                switch try decoder.next(input, &offset) {
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

    /// To be called when the connection has ended: true when that completed a response whose body had no other end, false
    /// when nothing was under way.
    public mutating func reachedEnd() throws(WireError) -> Bool {
        guard hasBegun else { return false }
        guard case .body(let decoder) = state, decoder.endsWithConnection else { throw .http(.truncated) }
        state = .head
        hasBegun = false
        return true
    }

    private mutating func nextHead(_ input: Span<UInt8>, _ offset: inout Int) throws(WireError) -> HTTPResponseEvent {
        guard offset < input.count else { return .needsMore }
        hasBegun = true
        let head: HTTPResponseHead
        switch try scanner.scan(input, &offset, limits: limits) {
        case .incomplete: return .needsMore
        case .inPlace(let range): head = try parse(input.extracting(range))
        case .gathered: head = try parse(scanner.gathered.span)
        }
        scanner.reset()
        if head.status < 200, head.status != 101 { return .interim(head) }
        state = .body(HTTPBodyDecoder(head.framing, limits: limits))
        return .head(head)
    }

    private func parse(_ head: Span<UInt8>) throws(WireError) -> HTTPResponseHead {
        try HTTPResponseHead(parsing: head, lines: scanner.lines, requestMethod: requestMethod, limits: limits)
    }
}
