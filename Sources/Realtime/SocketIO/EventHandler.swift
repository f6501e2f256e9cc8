import EventLoop

/// What an application does at an event of one name.
@Loop class EventHandler {
    let name: String
    let bytes: [UInt8]

    init(_ name: String) {
        self.name = name
        bytes = Array(name.utf8)
    }

    /// `arguments`: raw JSON, comma separated; valid during the call. `id`: of the acknowledgement that is asked for.
    func handle(_ arguments: UnsafeRawBufferPointer, _ attachments: [[UInt8]], id: Int?, from socket: Socket) {}

    /// `name` is as long as the handler's own.
    @inline(__always)
    final func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            for index in 0..<bytes.count where bytes[index] != name[index] { return false }
            return true
        }
    }
}
