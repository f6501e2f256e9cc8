/// Takes a body's bytes out of the input as its framing tells (RFC 9112 sections 6 and 7.1).
///
/// Chunk extensions and trailers are checked, bounded and dropped.
struct HTTPBodyDecoder {
    enum Step {
        case needsMore
        case data(Range<Int>)
        case end
    }

    private enum State {
        case ended
        case untilClose
        case fixed(remaining: Int)
        case chunkSize(digits: Int, size: Int)
        case chunkExtension(size: Int)
        case chunkSizeEnd(size: Int)
        case chunkData(remaining: Int)
        case chunkDataReturn
        case chunkDataEnd
        case trailer
        case trailerEnd
    }

    /// 15 hexadecimal digits cannot overflow a size; nobody pads with more zeros.
    private static let maximumSizeDigits = 15

    private var state: State
    private let limits: HTTPLimits
    private var total = 0
    private var dropped = 0
    private var trailerLine: [UInt8] = []
    private var trailerCount = 0

    init(_ framing: HTTPBodyFraming, limits: HTTPLimits) {
        self.limits = limits
        state =
            switch framing {
            case .none, .length(0): .ended
            case .length(let length): .fixed(remaining: length)
            case .chunked: .chunkSize(digits: 0, size: 0)
            case .untilClose: .untilClose
            }
    }

    /// Whether only the end of the connection ends this body.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    mutating func next(_ input: Span<UInt8>, _ offset: inout Int) throws(WireError) -> Step {
        while true {
            switch state {
            case .ended: return .end
            case .untilClose:
                guard offset < input.count else { return .needsMore }
                total &+= input.count &- offset
                guard total <= limits.body else { throw .http(.bodyTooLarge) }
                defer { offset = input.count }
                return .data(offset..<input.count)
            case .fixed(let remaining):
                guard offset < input.count else { return .needsMore }
                let range = take(remaining, input, &offset)
                state = range.count == remaining ? .ended : .fixed(remaining: remaining &- range.count)
                return .data(range)
            case .chunkData(let remaining):
                guard offset < input.count else { return .needsMore }
                let range = take(remaining, input, &offset)
                state = range.count == remaining ? .chunkDataReturn : .chunkData(remaining: remaining &- range.count)
                return .data(range)
            default:
                guard offset < input.count else { return .needsMore }
                try advance(input[offset])
                offset &+= 1
            }
        }
    }

    private func take(_ wanted: Int, _ input: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let start = offset
        offset = start &+ min(wanted, input.count &- start)
        return start..<offset
    }

    /// One byte of what lies between the chunks' data.
    private mutating func advance(_ byte: UInt8) throws(WireError) {
        switch state {
        case .chunkSize(let digits, let size):
            if let digit = JSONLexer.hexDigit(byte) {
                guard digits < Self.maximumSizeDigits else { throw .http(.invalidChunk) }
                state = .chunkSize(digits: digits &+ 1, size: size << 4 | Int(digit))
            } else {
                guard digits > 0, byte == 0x0D || byte == 0x3B else { throw .http(.invalidChunk) }
                state = byte == 0x0D ? .chunkSizeEnd(size: size) : .chunkExtension(size: size)
            }
        case .chunkExtension(let size):
            if byte == 0x0D {
                state = .chunkSizeEnd(size: size)
            } else {
                guard HTTPSyntax.isFieldContent(byte) else { throw .http(.invalidChunk) }
                try drop()
            }
        case .chunkSizeEnd(let size):
            guard byte == 0x0A else { throw .http(.invalidChunk) }
            guard size <= limits.body &- total else { throw .http(.bodyTooLarge) }
            total &+= size
            state = size == 0 ? .trailer : .chunkData(remaining: size)
        case .chunkDataReturn:
            guard byte == 0x0D else { throw .http(.invalidChunk) }
            state = .chunkDataEnd
        case .chunkDataEnd:
            guard byte == 0x0A else { throw .http(.invalidChunk) }
            state = .chunkSize(digits: 0, size: 0)
        case .trailer:
            guard byte != 0x0A else { throw .http(.bareLineBreak) }
            try drop()
            trailerLine.append(byte)
            if byte == 0x0D { state = .trailerEnd }
        case .trailerEnd:
            guard byte == 0x0A else { throw .http(.bareLineBreak) }
            try endTrailerLine()
        default: throw .http(.invalidChunk)
        }
    }

    private mutating func drop() throws(WireError) {
        dropped &+= 1
        guard dropped <= limits.dropped else { throw .http(.headTooLarge) }
    }

    private mutating func endTrailerLine() throws(WireError) {
        if trailerLine.count == 1 {
            trailerLine = []
            state = .ended
            return
        }
        trailerLine.append(0x0A)
        _ = try HTTPFieldBlock.parseLine(trailerLine.span, 0)
        trailerLine.removeAll(keepingCapacity: true)
        trailerCount &+= 1
        guard trailerCount <= limits.fieldCount else { throw .http(.headTooLarge) }
        state = .trailer
    }
}
