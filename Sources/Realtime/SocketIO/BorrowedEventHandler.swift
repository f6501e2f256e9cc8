import EventLoop

/// Sees events where they lie.
@Loop final class BorrowedEventHandler: EventHandler {
    private let body: @Loop (Socket, borrowing BorrowedEvent) -> Void

    init(_ name: String, _ body: @escaping @Loop (Socket, borrowing BorrowedEvent) -> Void) {
        self.body = body
        super.init(name)
    }

    override func handle(
        _ arguments: UnsafeRawBufferPointer, _ attachments: [[UInt8]], id: Int?, from socket: Socket
    ) {
        body(socket, BorrowedEvent(arguments: arguments, attachments: attachments, socket: socket, id: id))
    }
}
