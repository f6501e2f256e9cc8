/// Why a Socket.IO 5 packet was refused. Whatever the fault, the Engine.IO connection is to be closed.
public enum SocketIOFault: Equatable, Sendable {
    /// No packet type, or none of 0…6.
    case unknownType
    /// A binary packet without a count, or a count no digits make.
    case invalidAttachmentCount
    /// More attachments announced than allowed.
    case tooManyAttachments
    /// The namespace is longer than allowed or holds control characters.
    case invalidNamespace
    /// Digits that are no acknowledgement id, or an id where none belongs.
    case invalidAcknowledgementID
    /// The payload is not JSON.
    case invalidPayload(JSONFault)
    /// The payload is JSON, yet not of the shape that the packet's type asks for.
    case unexpectedPayload
    /// An event named as one of Socket.IO's own.
    case reservedEvent
    /// A placeholder whose number is no announced attachment's.
    case invalidPlaceholder
}
