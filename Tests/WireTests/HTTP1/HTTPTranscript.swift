import Wire

/// What a parser made of some input, as lines that a test can compare.
enum HTTPTranscript {
    /// Feeds `text` to a request parser in pieces of `size` bytes. The last line is the error, if any.
    static func requests(_ text: String, size: Int, limits: HTTPLimits = HTTPLimits()) -> [String] {
        requests(Array(text.utf8), size: size, limits: limits)
    }

    static func requests(_ bytes: [UInt8], size: Int, limits: HTTPLimits = HTTPLimits()) -> [String] {
        var parser = HTTPRequestParser(limits: limits)
        var lines: [String] = []
        var body: [UInt8] = []
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                feeding: while true {
                    switch try parser.next(piece.span, &offset) {
                    case .needsMore: break feeding
                    case .head(let head): lines.append(describe(head))
                    case .body(let range): body += piece[range]
                    case .end:
                        lines.append("end \(String(decoding: body, as: UTF8.self))")
                        body = []
                    }
                }
            }
            if parser.isInsideRequest { lines.append("unfinished") }
        } catch {
            lines.append(describe(error))
        }
        return lines
    }

    /// Feeds `text` to a response parser in pieces of `size` bytes, then ends the connection.
    static func responses(_ text: String, to method: HTTPMethod = .get, size: Int) -> [String] {
        let bytes = Array(text.utf8)
        var parser = HTTPResponseParser()
        parser.requestMethod = method
        var lines: [String] = []
        var body: [UInt8] = []
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                feeding: while true {
                    switch try parser.next(piece.span, &offset) {
                    case .needsMore: break feeding
                    case .interim(let head): lines.append("interim \(head.status)")
                    case .head(let head):
                        lines.append("\(head.status) \(head.framing)\(head.keepsAlive ? "" : " closes")")
                    case .body(let range): body += piece[range]
                    case .end:
                        lines.append("end \(String(decoding: body, as: UTF8.self))")
                        body = []
                    }
                }
            }
            if try parser.reachedEnd() { lines.append("closed \(String(decoding: body, as: UTF8.self))") }
        } catch {
            lines.append(describe(error))
        }
        return lines
    }

    private static func describe(_ head: HTTPRequestHead) -> String {
        var line = "\(head.method.name) \(head.target) \(head.version == .http11 ? "1.1" : "1.0") \(head.framing)"
        if !head.keepsAlive { line += " closes" }
        if head.expectsContinue { line += " expects" }
        if head.asksForUpgrade { line += " upgrades" }
        head.headers.forEach { name, value in line += " [\(name)=\(value)]" }
        return line
    }

    static func describe(_ error: WireError) -> String {
        guard case .http(let fault) = error else { return "\(error)" }
        return "\(fault.status) \(fault)"
    }
}
