import EventLoop

/// A namespace's handlers, found by the bytes of the event's name without making a String.
@Loop final class EventTable {
    /// By the length of the name: there are few names of one length.
    private var buckets: [[EventHandler]] = []
    /// Handlers that others have replaced. Kept, since one of them may be running, and applications replace few.
    private var replaced: [EventHandler] = []

    func set(_ handler: EventHandler) {
        let length = handler.bytes.count
        while buckets.count <= length { buckets.append([]) }
        if let place = buckets[length].firstIndex(where: { $0.bytes == handler.bytes }) {
            replaced.append(buckets[length][place])
            buckets[length][place] = handler
        } else {
            buckets[length].append(handler)
        }
    }

    /// Only where no handler can be running.
    func removeAll() {
        buckets = []
        replaced = []
    }

    /// The table keeps what it has: nobody who calls a handler needs to hold it.
    func find(_ name: UnsafeRawBufferPointer) -> Unmanaged<EventHandler>? {
        guard name.count < buckets.count else { return nil }
        for handler in buckets[name.count] where handler.isNamed(name) { return .passUnretained(handler) }
        return nil
    }
}
