import EventLoop
import Wire

/// What an application does at an event of one name.
@Loop class EventHandler {
    let name: String
    let bytes: [UInt8]

    init(_ name: String) {
        self.name = name
        bytes = Array(name.utf8)
    }

    /// `packet` is an event that lies in `bytes`.
    func handle(
        _ packet: SocketIOPacket, _ bytes: UnsafeRawBufferPointer, _ attachments: [[UInt8]], from socket: Socket
    ) {}

    /// `name` is as long as the handler's own.
    @inline(__always)
    final func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            for index in 0..<bytes.count where bytes[index] != name[index] { return false }
            return true
        }
    }
}
