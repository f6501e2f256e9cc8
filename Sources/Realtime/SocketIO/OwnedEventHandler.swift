import EventLoop

/// Gets events of its own, which it may keep.
@Loop final class OwnedEventHandler: EventHandler {
    private let body: @Loop (Socket, IncomingEvent) -> Void

    init(_ name: String, _ body: @escaping @Loop (Socket, IncomingEvent) -> Void) {
        self.body = body
        super.init(name)
    }

    override func handle(
        _ arguments: UnsafeRawBufferPointer, _ attachments: [[UInt8]], id: Int?, from socket: Socket
    ) {
        body(
            socket,
            IncomingEvent(
                name: name, arguments: Array(arguments), attachments: attachments, socket: socket, id: id))
    }
}
