/// What a decoder made of some input: all that must not depend on how the input was cut.
struct Outcome: Equatable {
    var events: [WebSocketEvent] = []
    var payloads: [[UInt8]] = []
    var error: WireError?

    init(_ bytes: [UInt8], size: Int, role: WebSocketRole, allowsCompression: Bool, takesShort: Bool = false) {
        var decoder = WebSocketDecoder(role: role, maximumMessage: 300, allowsCompression: allowsCompression)
        var payload: [UInt8] = []
        var short = [UInt8](repeating: 0, count: WebSocketDecoder.shortText)
        do throws(WireError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var offset = 0
                while true {
                    var text = short.mutableSpan
                    if takesShort, let count = decoder.takeShortText(piece.span, &offset, into: &text) {
                        events.append(.text(isCompressed: false))
                        payloads.append(Array(short[..<count]))
                        continue
                    }
                    let event = try decoder.next(piece.span, &offset, into: &payload)
                    if event == .needsMore { break }
                    events.append(event)
                    payloads.append(payload)
                    if case .text(false) = event {
                        precondition(String(validating: payload, as: UTF8.self) != nil, "text that is not UTF-8")
                    }
                }
                precondition(offset == piece.count, "input left")
            }
        } catch { self.error = error }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let role: WebSocketRole = input[0] & 1 == 0 ? .server : .client
    let allowsCompression = input[0] & 2 != 0
    let bytes = Array(input[1...])
    let whole = Outcome(bytes, size: bytes.count, role: role, allowsCompression: allowsCompression)
    let quick = Outcome(
        bytes, size: bytes.count, role: role, allowsCompression: allowsCompression, takesShort: true)
    precondition(quick == whole, "differs the quick way")
    for size in [1, 5] {
        let cut = Outcome(bytes, size: size, role: role, allowsCompression: allowsCompression)
        precondition(cut == whole, "differs in pieces of \(size)")
    }
    return 0
}
