/// Any bytes: what is read as JSON must be JSON, and written again it must come back as the same JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let (json, attachments) = read(bytes) else { return 0 }
    precondition((try? JSONScanner.validate(json.span, maximumDepth: 128)) != nil, "not JSON")
    var passing = MessagePackReader()
    guard (try? passing.skip(bytes.span)) != nil else { preconditionFailure("read what cannot be passed over") }
    var writer = MessagePackWriter()
    guard (try? writer.json(json.span, attachments: attachments)) != nil else { preconditionFailure("refused again") }
    // A map may hold what looks like a placeholder, which then becomes one; otherwise nothing may change.
    if attachments.isEmpty, let again = read(writer.bytes) { precondition(again.json == json, "read differently") }
    return 0
}

private func read(_ bytes: [UInt8]) -> (json: [UInt8], attachments: [[UInt8]])? {
    var reader = MessagePackReader()
    var json: [UInt8] = []
    var attachments: [[UInt8]] = []
    guard
        (try? reader.appendJSON(bytes.span, to: &json, attachments: &attachments, maximumAttachments: 10)) != nil
    else { return nil }
    precondition(reader.offset <= bytes.count && attachments.count <= 10, "beyond the end")
    return (json, attachments)
}
