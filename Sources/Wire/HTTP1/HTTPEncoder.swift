/// Appends HTTP/1.1 messages to an output buffer.
///
/// The framing fields are written here, from `framing`; `headers` must not have them too.
public enum HTTPEncoder {
    /// A response's status line and fields, the empty line included.
    ///
    /// Throws, having appended nothing, when a field of `headers` was made of text that would break the head's lines.
    public static func appendHead(
        status: Int, headers: HTTPHeaders, framing: HTTPBodyFraming, persistence: HTTPPersistence = .implied,
        to bytes: inout [UInt8]
    ) throws(WireError) {
        guard headers.isSerialisable else { throw .http(.invalidFieldValue) }
        bytes.append(contentsOf: "HTTP/1.1 ".utf8)
        bytes.append(decimal: status)
        bytes.append(0x20)
        bytes.append(contentsOf: HTTPStatus.reasonPhrase(status).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        appendFields(headers, framing, to: &bytes)
        switch persistence {
        case .implied: break
        case .close: bytes.append(contentsOf: "connection: close\r\n".utf8)
        case .keepAlive: bytes.append(contentsOf: "connection: keep-alive\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// A request's head, the empty line included; `headers` must have `Host`.
    ///
    /// Throws, having appended nothing, when the target or a field was made of text that would break the head's lines.
    public static func appendHead(
        method: HTTPMethod, target: String, headers: HTTPHeaders, framing: HTTPBodyFraming = .none,
        to bytes: inout [UInt8]
    ) throws(WireError) {
        guard headers.isSerialisable else { throw .http(.invalidFieldValue) }
        let (name, text) = (method.name.utf8.span, target.utf8.span)
        for index in 0..<name.count where !HTTPSyntax.isToken(name[index]) { throw .http(.unsupportedMethod) }
        for index in 0..<text.count where text[index] <= 0x20 || text[index] >= 0x7F { throw .http(.invalidTarget) }
        guard !name.isEmpty, !text.isEmpty else { throw .http(.invalidTarget) }
        bytes.append(copying: name)
        bytes.append(0x20)
        bytes.append(copying: text)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        appendFields(headers, framing, to: &bytes)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// The interim answer to `Expect: 100-continue`.
    public static func appendContinue(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
    }

    /// One chunk of a chunked body; an empty one would end the body, so nothing is appended for it.
    public static func appendChunk(_ data: [UInt8], to bytes: inout [UInt8]) {
        guard !data.isEmpty else { return }
        bytes.append(contentsOf: String(data.count, radix: 16).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: data)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// The end of a chunked body, without trailers.
    public static func appendLastChunk(to bytes: inout [UInt8]) { bytes.append(contentsOf: "0\r\n\r\n".utf8) }

    private static func appendFields(_ headers: HTTPHeaders, _ framing: HTTPBodyFraming, to bytes: inout [UInt8]) {
        headers.append(to: &bytes)
        switch framing {
        case .none, .untilClose: break
        case .length(let length):
            bytes.append(contentsOf: "content-length: ".utf8)
            bytes.append(decimal: length)
            bytes.append(contentsOf: "\r\n".utf8)
        case .chunked: bytes.append(contentsOf: "transfer-encoding: chunked\r\n".utf8)
        }
    }
}
