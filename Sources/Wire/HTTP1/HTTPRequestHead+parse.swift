extension HTTPRequestHead {
    /// Parses a whole head, the empty line included. Line ends are known to be CR LF; `lines` counts the start line too.
    init(parsing head: Span<UInt8>, lines: Int, limits: HTTPLimits) throws(WireError) {
        let (methodEnd, targetEnd, version) = try Self.splitRequestLine(head)
        let targetRange = methodEnd &+ 1..<targetEnd
        guard targetRange.count <= limits.target else { throw .http(.targetTooLong) }
        let method = Self.method(head, 0..<methodEnd)
        try Self.checkTarget(head, targetRange, method)
        // SP, HTTP/1.x, CR LF.
        let block = try HTTPFieldBlock(head, from: targetEnd &+ 11, lines: lines &- 1, limits: limits)
        try Self.checkHost(head, block, version)
        self.framing = try Self.framing(block, version, limits)
        self.method = method
        self.version = version
        target = HTTPSyntax.string(head, targetRange)
        var storage: [UInt8] = []
        storage.append(copying: head)
        headers = HTTPHeaders(storage: storage, fields: block.fields)
        keepsAlive = version == .http11 ? !block.closes : block.keepsAlive && !block.closes
        // RFC 9110 section 10.1.1: from HTTP/1.0 the expectation is to be ignored. So it is when nothing would follow.
        expectsContinue = block.expectsContinue && version == .http11 && framing != .none && framing != .length(0)
        // RFC 9110 section 7.8: and so is an upgrade.
        asksForUpgrade = block.connectionUpgrades && block.hasUpgrade && version == .http11
    }

    private static func splitRequestLine(
        _ head: Span<UInt8>
    ) throws(WireError) -> (methodEnd: Int, targetEnd: Int, version: HTTPVersion) {
        var index = 0
        while HTTPSyntax.isToken(head[index]) { index &+= 1 }
        guard index > 0, head[index] == 0x20 else { throw .http(.invalidRequestLine) }
        let methodEnd = index
        index &+= 1
        while head[index] > 0x20, head[index] < 0x7F { index &+= 1 }
        guard index > methodEnd &+ 1, head[index] == 0x20 else { throw .http(.invalidRequestLine) }
        return (methodEnd, index, try parseVersion(head, index &+ 1))
    }

    /// `HTTP/1.0` or `HTTP/1.1` and nothing behind it on its line.
    private static func parseVersion(_ head: Span<UInt8>, _ start: Int) throws(WireError) -> HTTPVersion {
        guard start &+ 9 < head.count, head.equals("HTTP/", in: start..<start &+ 5),
            JSONLexer.isDigit(head[start &+ 5]), head[start &+ 6] == 0x2E, JSONLexer.isDigit(head[start &+ 7]),
            head[start &+ 8] == 0x0D
        else { throw .http(.invalidRequestLine) }
        guard head[start &+ 5] == 0x31, head[start &+ 7] <= 0x31 else { throw .http(.unsupportedVersion) }
        return head[start &+ 7] == 0x31 ? .http11 : .http10
    }

    private static func method(_ head: Span<UInt8>, _ range: Range<Int>) -> HTTPMethod {
        switch range.count {
        case 3 where head.equals("GET", in: range): .get
        case 3 where head.equals("PUT", in: range): .put
        case 4 where head.equals("POST", in: range): .post
        case 4 where head.equals("HEAD", in: range): .head
        case 5 where head.equals("PATCH", in: range): .patch
        case 6 where head.equals("DELETE", in: range): .delete
        default: HTTPMethod(HTTPSyntax.string(head, range))
        }
    }

    /// RFC 9112 section 3.2.
    private static func checkTarget(
        _ head: Span<UInt8>, _ target: Range<Int>, _ method: HTTPMethod
    ) throws(WireError) {
        if method == .connect { throw .http(.unsupportedMethod) }
        // A fragment is never sent (section 3.2.1): who sends one means something else by the target than we would.
        for index in target where head[index] == 0x23 { throw .http(.invalidTarget) }
        let first = head[target.lowerBound]
        if first == 0x2F { return }
        if first == 0x2A, target.count == 1, method == .options { return }
        guard authority(of: target, in: head) != nil else { throw .http(.invalidTarget) }
    }

    /// The authority of an absolute-form target of `http` or `https`.
    private static func authority(of target: Range<Int>, in head: Span<UInt8>) -> Range<Int>? {
        var start = target.lowerBound
        if target.count > 7, HTTPSyntax.equals(head, start..<start &+ 7, ignoringCase: "http://") {
            start &+= 7
        } else if target.count > 8, HTTPSyntax.equals(head, start..<start &+ 8, ignoringCase: "https://") {
            start &+= 8
        } else {
            return nil
        }
        var end = start
        while end < target.upperBound, head[end] != 0x2F, head[end] != 0x3F { end &+= 1 }
        return isHost(head, start..<end) ? start..<end : nil
    }

    private static func checkHost(
        _ head: Span<UInt8>, _ block: HTTPFieldBlock, _ version: HTTPVersion
    ) throws(WireError) {
        if block.hostCount == 0, version == .http10 { return }
        guard block.hostCount == 1, isHost(head, block.host) else { throw .http(.invalidHost) }
    }

    /// `uri-host [ ":" port ]` as far as bytes tell: a name, an IPv4 address, or an IPv6 address in brackets.
    private static func isHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, bytes[index] == 0x5B {
            index &+= 1
            let start = index
            while index < range.upperBound,
                JSONLexer.hexDigit(bytes[index]) != nil || bytes[index] == 0x3A || bytes[index] == 0x2E
            { index &+= 1 }
            guard index > start, index < range.upperBound, bytes[index] == 0x5D else { return false }
            index &+= 1
        } else {
            while index < range.upperBound, isNameByte(bytes[index]) { index &+= 1 }
            guard index > range.lowerBound else { return false }
        }
        guard index < range.upperBound else { return true }
        guard bytes[index] == 0x3A, range.upperBound &- index <= 6 else { return false }
        for digit in index &+ 1..<range.upperBound where !JSONLexer.isDigit(bytes[digit]) { return false }
        return true
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        // Letters, digits, "-", ".", "_", "~" and percent-encoded bytes.
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x25: true
        default: false
        }
    }

    /// RFC 9112 section 6.3, with every doubtful case refused.
    private static func framing(
        _ block: HTTPFieldBlock, _ version: HTTPVersion, _ limits: HTTPLimits
    ) throws(WireError) -> HTTPBodyFraming {
        if block.isChunked {
            guard block.contentLength == nil, version == .http11 else { throw .http(.conflictingFraming) }
            return .chunked
        }
        guard let length = block.contentLength else { return .none }
        guard length <= limits.body else { throw .http(.bodyTooLarge) }
        return .length(length)
    }
}
