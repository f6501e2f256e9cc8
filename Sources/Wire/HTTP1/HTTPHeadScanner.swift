/// Finds the end of a head (the first empty line behind the start line) in input that comes in pieces.
///
/// A head that one piece holds whole is left where it lies; only a head that is split is gathered here. Every line must
/// end in CR LF: accepting either alone is how two servers come to see different requests in the same bytes.
struct HTTPHeadScanner: ~Copyable {
    enum Found {
        case incomplete
        /// The whole head lies in the input.
        case inPlace(Range<Int>)
        /// The head is in ``gathered``.
        case gathered
    }

    private(set) var gathered: [UInt8] = []
    /// Lines of the head found so far, the start line included.
    private(set) var lines = 0
    private var lineLength = 0
    private var followsReturn = false
    private var hasSkippedEmptyLine = false

    mutating func reset() {
        gathered = []
        lines = 0
        lineLength = 0
        followsReturn = false
        hasSkippedEmptyLine = false
    }

    /// Scans `input` from `offset`, which is moved behind what was taken.
    mutating func scan(
        _ input: Span<UInt8>, _ offset: inout Int, limits: HTTPLimits
    ) throws(WireError) -> Found {
        var start = offset
        var index = offset
        var lineStart = offset &- lineLength
        while index < input.count {
            let byte = input[index]
            if followsReturn {
                guard byte == 0x0A else { throw .http(.bareLineBreak) }
                followsReturn = false
                let length = index &- 1 &- lineStart
                lineStart = index &+ 1
                if length == 0 {
                    if lines > 0 { return try finish(input, start, index &+ 1, &offset, limits) }
                    // RFC 9112 section 2.2: one empty line before a request is to be forgiven.
                    guard !hasSkippedEmptyLine else { throw .http(.invalidRequestLine) }
                    hasSkippedEmptyLine = true
                    start = index &+ 1
                    gathered.removeAll()
                } else {
                    if lines == 0 { try checkStartLine(length, limits) }
                    lines &+= 1
                }
            } else if byte == 0x0D {
                followsReturn = true
            } else if byte == 0x0A {
                throw .http(.bareLineBreak)
            }
            index &+= 1
        }
        lineLength = index &- lineStart
        if lines == 0 { try checkStartLine(followsReturn ? lineLength &- 1 : lineLength, limits) }
        guard gathered.count &+ index &- start <= limits.head else { throw .http(.headTooLarge) }
        gathered.append(copying: input, start..<index)
        offset = index
        return .incomplete
    }

    /// Method, blanks and version take less than 64 bytes: where a line is longer, it is the target that is too long.
    private func checkStartLine(_ length: Int, _ limits: HTTPLimits) throws(WireError) {
        guard length <= limits.target &+ 64 else { throw .http(.targetTooLong) }
    }

    private mutating func finish(
        _ input: Span<UInt8>, _ start: Int, _ end: Int, _ offset: inout Int, _ limits: HTTPLimits
    ) throws(WireError) -> Found {
        guard gathered.count &+ end &- start <= limits.head else { throw .http(.headTooLarge) }
        offset = end
        if gathered.isEmpty { return .inPlace(start..<end) }
        gathered.append(copying: input, start..<end)
        return .gathered
    }
}
