/// Records of sessions that are to be written, each at most once a batch, and the batch that is on its way. Pure.
///
/// A batch keeps its number until its fate is known, so that Redis can tell one that it has already.
struct SessionWrites {
    enum What: String {
        case create = "C"
        /// A new one whose connection has ended before it was written.
        case createEnded = "N"
        case update = "U"
        case end = "E"
        case delete = "D"
    }

    struct Write: Equatable {
        let what: What
        let pid: String
        let record: [UInt8]
    }

    private var due: [String: (what: What, record: [UInt8]?)] = [:]
    private(set) var batch: [Write] = []
    private(set) var batchNumber: Int64 = 0
    private(set) var isSending = false

    var isEmpty: Bool { due.isEmpty && batch.isEmpty }

    func isPending(_ pid: String) -> Bool { due[pid] != nil || batch.contains { $0.pid == pid } }

    /// - Parameter record: nil for one that is asked for when it is written.
    mutating func note(_ what: What, _ pid: String, _ record: [UInt8]? = nil) {
        switch (due[pid]?.what, what) {
        // What Redis never heard of needs not be forgotten, and is made by whatever is written first.
        case (.create, .delete), (.createEnded, .delete): due[pid] = nil
        case (.create, .end): due[pid] = (.createEnded, record)
        case (.create, .update): break
        default: due[pid] = (what, record)
        }
    }

    /// What is to be written now: the unfinished batch once more, else the next. nil while one is on its way, and when there
    /// is nothing.
    mutating func next(limit: Int, record: (String) -> [UInt8]?) -> [Write]? {
        guard !isSending else { return nil }
        if batch.isEmpty {
            for (pid, (what, given)) in due.prefix(limit) {
                due[pid] = nil
                if what == .delete {
                    batch.append(Write(what: what, pid: pid, record: []))
                } else if let bytes = given ?? record(pid) {
                    batch.append(Write(what: what, pid: pid, record: bytes))
                }
            }
            guard !batch.isEmpty else { return nil }
            batchNumber += 1
        }
        isSending = true
        return batch
    }

    mutating func succeeded() {
        batch = []
        isSending = false
    }

    mutating func failed() {
        isSending = false
    }

    /// Redis has none of the records any more.
    mutating func forgetAll() {
        due = [:]
        batch = []
        isSending = false
    }
}
