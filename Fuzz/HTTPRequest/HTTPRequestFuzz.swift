/// What a parser made of some input: all that must not depend on how the input was cut.
struct Outcome: Equatable {
    var heads: [String] = []
    var body: [UInt8] = []
    var ends = 0
    var error: WireError?

    init(_ bytes: [UInt8], size: Int) {
        var parser = HTTPRequestParser(limits: HTTPLimits(head: 512, target: 64, fieldCount: 8, body: 256, dropped: 64))
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                feeding: while true {
                    let before = offset
                    switch try parser.next(piece.span, &offset) {
                    case .needsMore:
                        precondition(offset == piece.count, "input left")
                        break feeding
                    case .head(let head):
                        heads.append("\(head.method.name) \(head.target) \(head.framing) \(head.keepsAlive)")
                        head.headers.forEach { heads.append("\($0)=\($1)") }
                        _ = try? HTTPTarget(head.target).query()
                        _ = try? HTTPTarget(head.target).segments()
                        _ = try? WebSocketHandshake.accept(head)
                    case .body(let range):
                        precondition(range.lowerBound >= before && range.upperBound == offset, "foreign range")
                        body += piece[range]
                    case .end: ends += 1
                    }
                }
            }
        } catch { self.error = error }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard count > 0 else { return 0 }
    let whole = Outcome(bytes, size: count)
    precondition(Outcome(bytes, size: 1).agrees(with: whole), "differs byte by byte")
    precondition(Outcome(bytes, size: 7).agrees(with: whole), "differs in pieces")
    return 0
}

extension Outcome {
    /// A limit on lengths may be noticed earlier or later within one head; everything else is the same.
    func agrees(with other: Outcome) -> Bool {
        guard heads == other.heads, ends == other.ends, (error == nil) == (other.error == nil) else { return false }
        // Data before the error may have been given out in another number of pieces, not in another order.
        return error == nil ? body == other.body : true
    }
}
