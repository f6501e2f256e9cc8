/// Any polling body: what is read must be written to the same bytes again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var reader = EngineIOPayloadReader(maximumPackets: 64)
    var written: [UInt8] = []
    do throws(WireError) {
        while let packet = try reader.read(bytes.span) {
            EngineIOEncoder.appendSeparator(to: &written)
            switch packet {
            case .text(let type, let range): EngineIOEncoder.appendText(type, Array(bytes[range]), to: &written)
            case .binary(let data): EngineIOEncoder.appendBinary(data, to: &written)
            }
        }
        precondition(written == bytes, "written differently than read")
    } catch {
        guard case .engineIO = error else { preconditionFailure("foreign error") }
    }
    _ = EngineIOHandshake(parsing: bytes)
    return 0
}
