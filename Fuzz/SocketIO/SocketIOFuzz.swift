/// Any packet: every range must lie in the bytes, and what is decoded must be encoded to an equal packet again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if String(validating: bytes, as: UTF8.self) != nil,
        let event = SocketIOPlainEvent.find(in: bytes.span, depth: SocketIOLimits().depth)
    {
        guard let packet = try? SocketIOPacket.decode(bytes.span), packet.type == .event, packet.namespace == nil,
            packet.acknowledgementID == event.acknowledgementID, packet.arguments == event.arguments,
            packet.eventName == event.name.lowerBound - 1..<event.name.upperBound + 1
        else { preconditionFailure("another event the quick way") }
    }
    guard let packet = try? SocketIOPacket.decode(bytes.span) else { return 0 }
    let arguments = Array(bytes[packet.arguments])
    let namespace = packet.namespaceName(in: bytes.span)
    guard let ranges = try? packet.argumentRanges(in: bytes.span) else { preconditionFailure("arguments not JSON") }
    guard let first = try? packet.firstArgument(in: bytes.span) else {
        precondition(ranges.isEmpty, "a first argument is missing")
        return 0
    }
    precondition(ranges.first == first, "another first argument")
    guard let placeholders = try? packet.placeholders(in: bytes.span) else { preconditionFailure("bad placeholders") }
    for placeholder in placeholders {
        precondition(placeholder.attachment < packet.attachmentCount, "foreign attachment")
    }
    var written: [UInt8] = []
    if let name = packet.eventNameText(in: bytes.span), bytes[packet.eventName!.lowerBound] == 0x22 {
        precondition(packet.isEvent(name, in: bytes.span), "not the event it is")
        SocketIOEncoder.appendEvent(
            name, arguments: arguments, namespace: namespace, acknowledgementID: packet.acknowledgementID,
            attachments: packet.attachmentCount, to: &written)
    } else if packet.eventName == nil, let identifier = packet.acknowledgementID {
        SocketIOEncoder.appendAcknowledgement(
            identifier, arguments: arguments, namespace: namespace, attachments: packet.attachmentCount, to: &written)
    } else {
        return 0
    }
    guard let again = try? SocketIOPacket.decode(written.span, from: 1) else { preconditionFailure("refused again") }
    precondition(again.acknowledgementID == packet.acknowledgementID, "another id")
    precondition(again.namespaceName(in: written.span) == namespace, "another namespace")
    precondition(Array(written[again.arguments]) == arguments, "other arguments")
    return 0
}
