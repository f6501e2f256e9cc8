public import EventLoop

/// An event of a client, its arguments undecoded. May be kept and acknowledged later, on the loop.
@Loop public struct IncomingEvent {
    public let name: String
    /// Raw JSON of all arguments, comma separated, without the surrounding brackets; empty when there are none.
    public let arguments: [UInt8]
    /// In the order of their placeholders.
    public let attachments: [[UInt8]]
    private let acknowledgement: Acknowledgement?

    init(name: String, arguments: [UInt8], attachments: [[UInt8]], socket: Socket, id: Int?) {
        self.name = name
        self.arguments = arguments
        self.attachments = attachments
        self.acknowledgement = id.map { Acknowledgement(socket: socket, id: $0) }
    }

    public var wantsAcknowledgement: Bool { acknowledgement?.isPending ?? false }

    /// Raw JSON of the first argument; nil when there is none.
    public var firstArgument: [UInt8]? {
        let end = ArgumentScan.endOfFirst(arguments.span)
        return end == 0 ? nil : Array(arguments[..<end])
    }

    /// Answers the client at most once, with raw JSON arguments, comma separated; nothing happens for an event without
    /// an ack id, or when the socket is gone.
    public func acknowledge(_ json: [UInt8], attachments: [[UInt8]] = []) {
        acknowledgement?.send(json, attachments: attachments)
    }
}

/// The promise of one answer.
@Loop private final class Acknowledgement {
    private let socket: Socket
    private let id: Int
    private(set) var isPending = true

    init(socket: Socket, id: Int) {
        self.socket = socket
        self.id = id
    }

    func send(_ json: [UInt8], attachments: [[UInt8]]) {
        guard isPending else { return }
        isPending = false
        socket.acknowledge(id, json, attachments: attachments)
    }
}
