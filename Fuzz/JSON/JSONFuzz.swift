/// Any bytes: the decoder and the scanner must agree on what is JSON, and what is decoded must be written and decoded
/// again to the same value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let isScanned = (try? JSONScanner.validate(bytes.span)) != nil
    do throws(WireError) {
        let value = try JSONValue.parse(bytes)
        precondition(isScanned, "decoded what the scanner refuses")
        var writer = JSONWriter()
        writer.value(value)
        let again = try? JSONValue.parse(writer.bytes)
        precondition(again == value, "written differently than read")
    } catch {
        guard case .json(let fault) = error else { preconditionFailure("foreign error") }
        precondition(fault.offset >= 0 && fault.offset <= count, "offset outside the text")
        // The scanner keeps no names and no numbers.
        let isDecodersAlone = fault.reason == .duplicateKey || fault.reason == .numberOutOfRange
        precondition(!isScanned || isDecodersAlone, "scanned what the decoder refuses")
    }
    let range = 0..<count
    _ = try? JSONScanner.elements(bytes.span, range)
    _ = try? JSONScanner.member("a", in: bytes.span, range)
    _ = try? JSONScanner.string(bytes.span, range)
    _ = try? JSONScanner.integer(bytes.span, range)
    _ = try? JSONScanner.double(bytes.span, range)
    return 0
}
