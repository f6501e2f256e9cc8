/// Decodes the frames of one connection into whole messages and control frames (RFC 6455), from input that comes in any
/// pieces.
///
/// ```swift
/// var offset = 0
/// while true {
///     switch try decoder.next(input, &offset, into: &payload) {
///     case .needsMore: return
///     case .text: …payload…
///     }
/// }
/// ```
/// A message that one piece holds in one frame is unmasked straight into `payload`, which many connections may share: it
/// is used again when it is small and nobody else has kept it. Only messages that are split are gathered here. After an error it is thrown
/// again; after a close frame all further input is ignored.
public struct WebSocketDecoder: ~Copyable {
    private enum State: Equatable {
        case header
        case payload
        case closed
        case failed(WireError)
    }

    // In the order in which they take least room: each connection has one of these.
    private let role: WebSocketRole
    private let allowsCompression: Bool
    private var opcode = WebSocketOpcode.text
    private var validator = UTF8Validator()
    /// The message whose frames have begun and not ended.
    private var message: (opcode: WebSocketOpcode, isCompressed: Bool)?
    private var mask: UInt32 = 0
    private var header = WebSocketFrameHeader()
    private var state = State.header
    /// Bytes of one message, its frames joined; a longer one is ``WebSocketFault/messageTooLarge`` as soon as a header
    /// announces it. Where a message is compressed this counts before it is inflated.
    public var maximumMessage: Int
    private var length = 0
    private var taken = 0
    private var gathered: [UInt8] = []
    private var control: [UInt8] = []

    /// Bytes kept of a message that is not whole.
    public var gatheredBytes: Int { gathered.count }

    /// - Parameter allowsCompression: permessage-deflate was negotiated (RFC 7692), so that a message may say it is
    ///   compressed.
    public init(role: WebSocketRole, maximumMessage: Int, allowsCompression: Bool = false) {
        self.role = role
        self.maximumMessage = maximumMessage
        self.allowsCompression = allowsCompression
    }

    /// The next thing in `input` at `offset`, which is moved behind it. `payload` is replaced where the event has bytes.
    public mutating func next(
        _ input: Span<UInt8>, _ offset: inout Int, into payload: inout [UInt8]
    ) throws(WireError) -> WebSocketEvent {
        do throws(WireError) {
            while true {
                switch state {
                case .header:
                    if let event = try takeShortFrame(input, &offset, &payload) { return event }
                    guard header.gather(input, &offset) else {
                        if header.hasStart { try checkStart() }
                        return .needsMore
                    }
                    try checkStart()
                    try beginPayload()
                case .payload:
                    if let event = try takePayload(input, &offset, &payload) { return event }
                    if state == .payload { return .needsMore }
                case .closed:
                    offset = input.count
                    return .needsMore
                case .failed(let error): throw error
                }
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Bytes that ``takeShortText(_:_:into:)`` must find room for.
    public static let shortText = 1024

    /// A text message of at most ``shortText`` bytes of ASCII, in one frame that lies whole in `input` at `offset`, which
    /// nearly all are: its bytes are written to the beginning of `text`, and `offset` is moved behind it. Returns their
    /// number; nil, with nothing taken, for anything else, which ``next(_:_:into:)`` takes.
    public mutating func takeShortText(
        _ input: Span<UInt8>, _ offset: inout Int, into text: inout MutableSpan<UInt8>
    ) -> Int? {
        guard role == .server, message == nil, header.isEmpty, case .header = state else { return nil }
        let rest = input.extracting(droppingFirst: offset)
        // Final, without reserved bits; masked.
        guard rest.count >= 8, rest[0] == 0x81, rest[1] >= 0x80 else { return nil }
        var length = Int(rest[1] & 0x7F)
        var key = 2
        if length == 126 {
            length = Int(rest[2]) << 8 | Int(rest[3])
            guard length >= 126 else { return nil }
            key = 4
        } else if length == 127 {
            return nil
        }
        guard length <= Self.shortText, key &+ 4 &+ length <= rest.count, length <= maximumMessage else { return nil }
        let bytes = rest.extracting(droppingFirst: key &+ 4).extracting(first: length)
        let mask = UInt32(truncatingIfNeeded: rest.extracting(droppingFirst: key &- 2).word(at: 0) >> 16)
        guard WebSocketMask.combine(bytes, mask, into: &text) else { return nil }
        offset &+= key &+ 4 &+ length
        return length
    }

    /// A short message of one frame that lies whole in `input`, which is what nearly all are. nil, with nothing taken, for
    /// anything else, and for what breaks a rule of the header.
    @inline(__always)
    private mutating func takeShortFrame(
        _ input: Span<UInt8>, _ offset: inout Int, _ payload: inout [UInt8]
    ) throws(WireError) -> WebSocketEvent? {
        let start = offset &+ 6
        guard role == .server, message == nil, header.isEmpty, start <= input.count else { return nil }
        let first = input[offset]
        let second = input[offset &+ 1]
        // Final, without reserved bits; masked, of a length that stands in the second byte.
        guard first == 0x81 || first == 0x82, second >= 0x80, second < 0x80 &+ 126 else { return nil }
        let length = Int(second & 0x7F)
        guard length <= input.count &- start, length <= maximumMessage else { return nil }
        let mask =
            UInt32(input[offset &+ 2]) | UInt32(input[offset &+ 3]) << 8 | UInt32(input[offset &+ 4]) << 16
            | UInt32(input[offset &+ 5]) << 24
        offset = start &+ length
        if payload.capacity > Self.reusedCapacity { payload = [] }
        let isASCII = WebSocketMask.replace(&payload, with: input.extracting(start..<start &+ length), mask: mask)
        guard first == 0x81 else { return .binary(isCompressed: false) }
        if !isASCII { try checkUTF8(payload) }
        return .text(isCompressed: false)
    }

    private func checkUTF8(_ text: [UInt8]) throws(WireError) {
        var validator = UTF8Validator()
        guard validator.accept(text.span), validator.isComplete else { throw .webSocket(.invalidUTF8) }
    }

    /// What the first two bytes decide.
    private mutating func checkStart() throws(WireError) {
        guard !header.hasReservedBits, let opcode = header.opcode else {
            throw .webSocket(header.hasReservedBits ? .reservedBitSet : .unknownOpcode)
        }
        // RFC 7692 section 6: the bit is set on a message's first frame alone, never on a control frame.
        if header.isCompressed {
            guard allowsCompression, opcode == .text || opcode == .binary else { throw .webSocket(.reservedBitSet) }
        }
        guard header.isMasked == (role == .server) else { throw .webSocket(.wrongMasking) }
        if opcode.isControl {
            guard header.isFinal, header.shortLength <= 125 else { throw .webSocket(.invalidControlFrame) }
        } else {
            guard (opcode == .continuation) == (message != nil) else { throw .webSocket(.unexpectedContinuation) }
        }
        self.opcode = opcode
    }

    private mutating func beginPayload() throws(WireError) {
        guard let length = header.payloadLength else { throw .webSocket(.invalidLength) }
        if !opcode.isControl {
            guard length <= maximumMessage &- gathered.count else { throw .webSocket(.messageTooLarge) }
        }
        self.length = length
        mask = header.mask
        taken = 0
        state = .payload
    }

    private mutating func takePayload(
        _ input: Span<UInt8>, _ offset: inout Int, _ payload: inout [UInt8]
    ) throws(WireError) -> WebSocketEvent? {
        let available = min(length &- taken, input.count &- offset)
        let piece = input.extracting(offset..<offset &+ available)
        offset &+= available
        let isWhole = taken == 0 && available == length
        let turnedMask = WebSocketMask.turned(mask, to: taken)
        taken &+= available
        let isEnd = taken == length
        let isFinal = header.isFinal
        if isEnd {
            header.reset()
            state = .header
        }
        if opcode.isControl {
            return try takeControl(piece, turnedMask, isWhole: isWhole, isEnd: isEnd, &payload)
        }
        if isWhole, isFinal, message == nil {
            Self.empty(&payload)
            let isASCII = WebSocketMask.append(piece, mask: turnedMask, to: &payload)
            return try finishWhole(payload, isASCII: isASCII)
        }
        return try gather(piece, turnedMask, isEnd: isEnd && isFinal, &payload)
    }

    /// Beyond this many bytes storage is not used again: emptying an array that somebody has kept makes one of the same
    /// capacity, so that after one long message each short one that is kept would take as much.
    private static let reusedCapacity = 2048

    private static func empty(_ payload: inout [UInt8]) {
        if payload.capacity > reusedCapacity { payload = [] } else { payload.removeAll(keepingCapacity: true) }
    }

    /// A message of one frame that came in one piece.
    private func finishWhole(_ payload: [UInt8], isASCII: Bool) throws(WireError) -> WebSocketEvent {
        let isCompressed = header.isCompressed
        guard opcode == .text else { return .binary(isCompressed: isCompressed) }
        if !isCompressed, !isASCII { try checkUTF8(payload) }
        return .text(isCompressed: isCompressed)
    }

    private mutating func gather(
        _ piece: Span<UInt8>, _ turnedMask: UInt32, isEnd: Bool, _ payload: inout [UInt8]
    ) throws(WireError) -> WebSocketEvent? {
        let message = message ?? (opcode, header.isCompressed)
        self.message = message
        let start = gathered.count
        WebSocketMask.append(piece, mask: turnedMask, to: &gathered)
        let isCheckedText = message.opcode == .text && !message.isCompressed
        if isCheckedText {
            var validator = validator
            guard validator.accept(gathered.span.extracting(start..<gathered.count)) else {
                throw .webSocket(.invalidUTF8)
            }
            self.validator = validator
        }
        guard isEnd else { return nil }
        if isCheckedText, !validator.isComplete { throw .webSocket(.invalidUTF8) }
        payload = gathered
        gathered = []
        validator = UTF8Validator()
        self.message = nil
        return message.opcode == .text
            ? .text(isCompressed: message.isCompressed) : .binary(isCompressed: message.isCompressed)
    }

    private mutating func takeControl(
        _ piece: Span<UInt8>, _ turnedMask: UInt32, isWhole: Bool, isEnd: Bool, _ payload: inout [UInt8]
    ) throws(WireError) -> WebSocketEvent? {
        if isWhole {
            Self.empty(&payload)
            WebSocketMask.append(piece, mask: turnedMask, to: &payload)
        } else {
            WebSocketMask.append(piece, mask: turnedMask, to: &control)
            guard isEnd else { return nil }
            payload = control
            control = []
        }
        switch opcode {
        case .ping: return .ping
        case .pong: return .pong
        default: return try close(&payload)
        }
    }

    /// Section 5.5.1: nothing, or a code and a reason in UTF-8.
    private mutating func close(_ payload: inout [UInt8]) throws(WireError) -> WebSocketEvent {
        state = .closed
        if payload.isEmpty { return .close(code: nil) }
        guard payload.count >= 2 else { throw .webSocket(.invalidCloseCode) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard WebSocketCloseCode.isValid(code) else { throw .webSocket(.invalidCloseCode) }
        payload.removeFirst(2)
        try checkUTF8(payload)
        return .close(code: code)
    }
}
