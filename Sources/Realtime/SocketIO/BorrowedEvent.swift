public import EventLoop

/// An event in the loop's read buffer, for handlers that answer before they return: nothing is copied or allocated.
@Loop public struct BorrowedEvent: ~Copyable {
    /// Raw JSON of all arguments, comma separated, without the surrounding brackets. Valid until the handler returns.
    public let arguments: UnsafeRawBufferPointer
    public let attachments: [[UInt8]]
    let id: Int?
    // Unmanaged: who calls the handler holds the socket until it returns, and the event cannot outlive the call.
    private let socket: Unmanaged<Socket>

    init(arguments: UnsafeRawBufferPointer, attachments: [[UInt8]], socket: Socket, id: Int?) {
        self.arguments = arguments
        self.attachments = attachments
        self.socket = .passUnretained(socket)
        self.id = id
    }

    public var wantsAcknowledgement: Bool { id != nil }

    /// Answers with the event's own arguments.
    public func acknowledgeWithArguments() {
        guard let id else { return }
        socket._withUnsafeGuaranteedRef { $0.acknowledge(id, raw: arguments, attachments: attachments) }
    }

    /// Answers with raw JSON arguments, comma separated.
    public func acknowledge(_ json: [UInt8]) {
        guard let id else { return }
        socket._withUnsafeGuaranteedRef { $0.acknowledge(id, json, attachments: []) }
    }
}
