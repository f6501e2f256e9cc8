extension HTTPResponseHead {
    /// Parses a whole head, the empty line included; `requestMethod` decides whether a body follows.
    init(
        parsing head: Span<UInt8>, lines: Int, requestMethod: HTTPMethod, limits: HTTPLimits
    ) throws(WireError) {
        // `HTTP/1.1 200` at least, then a blank and a phrase, or nothing.
        guard head.count >= 16, head.equals("HTTP/1.", in: 0..<7), head[7] == 0x30 || head[7] == 0x31, head[8] == 0x20,
            let status = HTTPSyntax.decimal(head, 9..<12), status >= 100, head[12] == 0x20 || head[12] == 0x0D
        else { throw .http(.invalidStatusLine) }
        var index = 12
        while HTTPSyntax.isFieldContent(head[index]) { index &+= 1 }
        guard head[index] == 0x0D else { throw .http(.invalidStatusLine) }
        let block = try HTTPFieldBlock(head, from: index &+ 2, lines: lines &- 1, limits: limits)
        version = head[7] == 0x31 ? .http11 : .http10
        self.status = status
        framing = try Self.framing(block, status, requestMethod, limits)
        var storage: [UInt8] = []
        storage.append(copying: head)
        headers = HTTPHeaders(storage: storage, fields: block.fields)
        let persists = version == .http11 ? !block.closes : block.keepsAlive && !block.closes
        keepsAlive = persists && framing != .untilClose
    }

    /// RFC 9112 section 6.3.
    private static func framing(
        _ block: HTTPFieldBlock, _ status: Int, _ requestMethod: HTTPMethod, _ limits: HTTPLimits
    ) throws(WireError) -> HTTPBodyFraming {
        if requestMethod == .head || HTTPStatus.isBodiless(status) { return .none }
        if block.isChunked {
            guard block.contentLength == nil else { throw .http(.conflictingFraming) }
            return .chunked
        }
        guard let length = block.contentLength else { return .untilClose }
        guard length <= limits.body else { throw .http(.bodyTooLarge) }
        return .length(length)
    }
}
