import EventLoop
import Wire

/// Sees events where they lie.
@Loop final class BorrowedEventHandler: EventHandler {
    private let body: @Loop (Socket, borrowing BorrowedEvent) -> Void

    init(_ name: String, _ body: @escaping @Loop (Socket, borrowing BorrowedEvent) -> Void) {
        self.body = body
        super.init(name)
    }

    override func handle(
        _ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer, _ attachments: [[UInt8]], from socket: Socket
    ) {
        let arguments = UnsafeRawBufferPointer(rebasing: bytes[packet.arguments])
        body(
            socket,
            BorrowedEvent(
                arguments: arguments, attachments: attachments, socket: socket, id: packet.acknowledgementID))
    }
}
