import EventLoop

/// Broadcasts that wait for Redis, in order, and the batch of them that is on its way. Pure.
///
/// A batch keeps its number until its fate is known, so that the log can tell one that it has already.
struct PublishQueue<Message> {
    private var waiting: [(message: Message, size: Int, since: LoopTime)] = []
    /// The first of `waiting` that is still here.
    private var first = 0
    private(set) var bytes = 0
    /// Messages taken since the beginning, and those of them whose fate is known.
    private(set) var taken: UInt64 = 0
    private(set) var done: UInt64 = 0
    private(set) var batch: [Message] = []
    private var batchSince: LoopTime?
    private(set) var batchNumber: Int64 = 0
    private(set) var isSending = false
    /// The batch was sent at least once, and perhaps came.
    private(set) var isUncertain = false
    private let limit: Int
    private let byteLimit: Int

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    var count: Int { waiting.count - first + batch.count }

    /// Since when the oldest has waited.
    var oldest: LoopTime? { batchSince ?? (first < waiting.count ? waiting[first].since : nil) }

    /// False when there is no room.
    mutating func append(_ message: Message, size: Int, at now: LoopTime) -> Bool {
        guard count < limit, bytes + size <= byteLimit else { return false }
        waiting.append((message, size, now))
        bytes += size
        taken += 1
        return true
    }

    /// What is to be sent now: the unfinished batch once more, else the next one, which ends before the first message that
    /// `isReady` holds back. nil while one is on its way, and when there is nothing.
    mutating func next(limit: Int, bytes byteLimit: Int, isReady: (Message) -> Bool) -> [Message]? {
        guard !isSending else { return nil }
        if batch.isEmpty {
            var size = 0
            var end = first
            while end < waiting.count, end - first < limit, size < byteLimit, isReady(waiting[end].message) {
                size += waiting[end].size
                end += 1
            }
            guard end > first else { return nil }
            batch = waiting[first..<end].map(\.message)
            batchSince = waiting[first].since
            bytes -= size
            first = end
            if first > waiting.count / 2 {
                waiting.removeFirst(first)
                first = 0
            }
            batchNumber += 1
        }
        isSending = true
        isUncertain = true
        return batch
    }

    mutating func succeeded() {
        dropBatch()
    }

    /// `isUncertain`: it may have come nevertheless.
    mutating func failed(isUncertain: Bool) {
        isSending = false
        self.isUncertain = isUncertain
    }

    /// Forgets a batch of which nobody can find out any more whether it came.
    mutating func dropUncertain() {
        if isUncertain { dropBatch() }
    }

    private mutating func dropBatch() {
        done += UInt64(batch.count)
        batch = []
        batchSince = nil
        isSending = false
        isUncertain = false
    }

    /// Empties it. Returns what surely has not been sent.
    mutating func giveUp() -> [Message] {
        let unsent = (isUncertain ? [] : batch) + waiting[first...].map(\.message)
        dropBatch()
        waiting = []
        first = 0
        bytes = 0
        done = taken
        return unsent
    }
}
