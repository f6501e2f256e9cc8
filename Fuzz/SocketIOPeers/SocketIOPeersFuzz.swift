/// Any bytes as each of the messages between servers: nothing may crash, and what says that it is JSON must be.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let broadcast = try? PeerBroadcast.decode(bytes.span, passingOver: "aaaaaa") {
        check(bytes, packet: broadcast.packet)
    }
    if let request = try? PeerRequest.decode(bytes.span) {
        switch request.body {
        case .broadcast(_, let packet, _): check(bytes, packet: packet)
        case .serverSideEmit(_, let json): check(arguments: json)
        default:
            guard let again = try? PeerRequest.decode(request.encoded().span) else {
                preconditionFailure("refused again")
            }
            precondition(again.body == request.body && again.id == request.id, "read differently")
        }
    }
    if let response = try? PeerResponse.decode(bytes.span) {
        guard let written = try? response.encoded(), (try? PeerResponse.decode(written.span)) != nil else {
            preconditionFailure("refused again")
        }
    }
    if case .emit(let event, _, _)? = try? PythonManagerMessage.decode(bytes.span) {
        precondition(event.attachments.count <= 10, "too many attachments")
        check(arguments: event.json)
    }
    return 0
}

private func check(_ bytes: [UInt8], packet: Int) {
    guard let event = try? PeerEvent.decode(bytes.span, at: packet, namespace: "/") else { return }
    precondition(event.attachments.count <= 10, "too many attachments")
    check(arguments: event.json)
}

private func check(arguments: [UInt8]) {
    let array = [UInt8(ascii: "[")] + arguments + [UInt8(ascii: "]")]
    precondition((try? JSONScanner.validate(array.span, maximumDepth: 128)) != nil, "arguments are not JSON")
}
