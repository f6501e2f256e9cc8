import EventLoop

/// A namespace's handlers, found by the bytes of the event's name without making a String.
@Loop final class EventTable {
    enum Handler {
        case owned(@Loop (Socket, IncomingEvent) -> Void)
        case borrowed(@Loop (Socket, borrowing BorrowedEvent) -> Void)
    }

    /// A class, so that finding one copies one reference.
    final class Entry {
        let name: String
        let bytes: [UInt8]
        let handler: Handler

        init(name: String, bytes: [UInt8], handler: Handler) {
            self.name = name
            self.bytes = bytes
            self.handler = handler
        }

        /// `name` is as long as the entry's own.
        @inline(__always)
        func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
            bytes.withUnsafeBytes { bytes in
                for index in 0..<bytes.count where bytes[index] != name[index] { return false }
                return true
            }
        }
    }

    /// By the length of the name: there are few names of one length.
    private var buckets: [[Entry]] = []

    func set(_ name: String, _ handler: Handler) {
        let bytes = Array(name.utf8)
        while buckets.count <= bytes.count { buckets.append([]) }
        buckets[bytes.count].removeAll { $0.bytes == bytes }
        buckets[bytes.count].append(Entry(name: name, bytes: bytes, handler: handler))
    }

    func find(_ name: UnsafeRawBufferPointer) -> Entry? {
        guard name.count < buckets.count else { return nil }
        for entry in buckets[name.count] where entry.isNamed(name) { return entry }
        return nil
    }
}
