/// What a parser made of some input: all that must not depend on how the input was cut.
struct Outcome: Equatable {
    var heads: [Int] = []
    var body: [UInt8] = []
    var ends = 0
    var failed = false

    init(_ bytes: [UInt8], size: Int) {
        var parser = HTTPResponseParser(
            limits: HTTPLimits(head: 512, target: 64, fieldCount: 8, body: 256, dropped: 64))
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                feeding: while true {
                    switch try parser.next(piece.span, &offset) {
                    case .needsMore: break feeding
                    case .interim(let head), .head(let head):
                        heads.append(head.status)
                        _ = WebSocketHandshake.isAccepted(head, key: "dGhlIHNhbXBsZSBub25jZQ==")
                    case .body(let range): body += piece[range]
                    case .end: ends += 1
                    }
                }
            }
            if try parser.reachedEnd() { ends += 1 }
        } catch { failed = true }
        if failed { body = [] }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard count > 0 else { return 0 }
    let whole = Outcome(bytes, size: count)
    precondition(Outcome(bytes, size: 1) == whole, "differs byte by byte")
    precondition(Outcome(bytes, size: 7) == whole, "differs in pieces")
    return 0
}
