/// First in, first out; memory is kept between turns.
struct JobQueue {
    private var jobs: [UnownedJob] = []
    private var head = 0

    /// Below this many taken jobs, moving the rest down costs more than the memory it gives back.
    private static let compactionMinimum = 1024

    var count: Int { jobs.count - head }
    var isEmpty: Bool { jobs.count == head }

    mutating func append(_ job: UnownedJob) {
        jobs.append(job)
    }

    mutating func append(contentsOf more: [UnownedJob]) {
        jobs.append(contentsOf: more)
    }

    mutating func popFirst() -> UnownedJob? {
        guard head < jobs.count else { return nil }
        let job = jobs[head]
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= Self.compactionMinimum && head * 2 >= jobs.count {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }
}
