import EventLoop

/// A namespace's handlers, found by the bytes of the event's name without making a String.
@Loop struct EventTable {
    enum Handler {
        case owned(@Loop (Socket, IncomingEvent) -> Void)
        case borrowed(@Loop (Socket, borrowing BorrowedEvent) -> Void)
    }

    struct Entry {
        let name: String
        let bytes: [UInt8]
        let handler: Handler
    }

    /// By the length of the name: there are few names of one length.
    private var buckets: [[Entry]] = []

    mutating func set(_ name: String, _ handler: Handler) {
        let bytes = Array(name.utf8)
        while buckets.count <= bytes.count { buckets.append([]) }
        buckets[bytes.count].removeAll { $0.bytes == bytes }
        buckets[bytes.count].append(Entry(name: name, bytes: bytes, handler: handler))
    }

    func find(_ name: UnsafeRawBufferPointer) -> Entry? {
        guard name.count < buckets.count else { return nil }
        for entry in buckets[name.count] where entry.bytes.elementsEqual(name) { return entry }
        return nil
    }
}
