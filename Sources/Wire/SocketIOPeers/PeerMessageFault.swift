/// Why a message of another Socket.IO server, or of an emitter, was refused. It is dropped; nobody is told.
public enum PeerMessageFault: Equatable, Sendable {
    /// A field is missing or not of the kind that it must be.
    case unexpectedShape
    /// A packet of another namespace than that of the channel.
    case foreignNamespace
    /// An event named as one of Socket.IO's own, which would end the clients' connections.
    case reservedEvent
    /// A kind of request that is not known.
    case unknownRequest
}
