import CLibuv
import Glibc
import Synchronization

/// The one libuv loop of the process, as a serial executor and a task executor in one.
///
/// It must be both: with a serial executor alone each resume would first pass through the global thread pool.
/// Jobs enqueued on the loop's thread go to a plain queue; those from other threads to the inbox, which wakes the loop.
// Unchecked: everything but the inbox and the thread's id is touched by the loop's thread alone, which `isOnLoop` guards.
final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    static let shared = LoopExecutor()

    /// Jobs run in one turn before the loop looks at its sockets again; about a millisecond of resumes.
    static let jobsPerTurn = 1024

    let loop: UnsafeMutablePointer<uv_loop_t>
    private let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var total: UInt64 = 0
    }
    private let inbox = Mutex(Inbox())
    /// `pthread_self` of the thread that runs the loop; 0 while none does.
    private let thread = Atomic<UInt>(0)

    private var jobs = JobQueue()
    /// The next job enqueued by the loop itself is kept in `started` instead of the queue.
    private var isStarting = false
    private var started: UnownedJob?
    private(set) var jobsRun: UInt64 = 0

    // What each turn and the end of the last call, without isolation: `assumeIsolated` would allocate each time. libuv calls
    // `endTurn` on the loop's thread alone, and isolation is not part of a function's representation.
    private let fireTimers = unsafeBitCast(
        { LoopCore.shared.fireTimers() } as @Loop () -> Void, to: (() -> Void).self)
    private let endCoreTurn = unsafeBitCast(
        { LoopCore.shared.endTurn() } as @Loop () -> Bool, to: (() -> Bool).self)
    private let flushAll = unsafeBitCast({ LoopCore.shared.flushAll() } as @Loop () -> Void, to: (() -> Void).self)

    private init() {
        loop = .allocate(capacity: 1)
        // A peer that went away is an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        Self.require(uv_loop_init(loop), "uv_loop_init")
        Self.require(lastmile_loop_measure_idle_time(loop), "uv_loop_configure")
        Self.require(uv_async_init(loop, wake) { _ in LoopExecutor.shared.takeInbox() }, "uv_async_init")
        Self.require(uv_prepare_init(loop, prepare), "uv_prepare_init")
        Self.require(uv_prepare_start(prepare) { _ in LoopExecutor.shared.endTurn() }, "uv_prepare_start")
        Self.require(uv_idle_init(loop, idle), "uv_idle_init")
    }

    private static func require(_ status: Int32, _ operation: StaticString) {
        precondition(status == 0, "\(operation): \(String(cString: uv_strerror(status)))")
    }

    // MARK: Executor

    var isOnLoop: Bool { thread.load(ordering: .relaxed) == pthread_self() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard !isOnLoop else {
            if isStarting {
                isStarting = false
                started = job
            } else {
                jobs.append(job)
            }
            return
        }
        let wasEmpty = inbox.withLock { inbox in
            inbox.jobs.append(job)
            inbox.total += 1
            return inbox.jobs.count == 1
        }
        if wasEmpty { uv_async_send(wake) }
    }

    func checkIsolated() {
        precondition(isOnLoop, "not on the loop's thread")
    }

    func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Enqueues that came from other threads since the process began.
    var foreignEnqueues: UInt64 { inbox.withLock { $0.total } }

    /// Jobs waiting on the loop's own queue.
    var pendingJobs: Int { jobs.count }

    /// Makes a task and runs it on the spot until it first suspends. Only on the loop's thread.
    ///
    /// `Task.immediate` with a preference would enqueue its task at the first function isolated to the loop, as it enters
    /// the task without its task executor; and without a preference each resume goes through the global pool.
    func start(_ makeTask: () -> Task<Void, Never>) -> Task<Void, Never> {
        isStarting = true
        let task = makeTask()
        isStarting = false
        if let job = started {
            started = nil
            jobsRun += 1
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        return task
    }

    // MARK: Turns

    /// Runs the loop on the calling thread until `stop()`.
    func run() {
        let (entered, _) = thread.compareExchange(expected: 0, desired: pthread_self(), ordering: .relaxed)
        precondition(entered, "the loop runs already")
        uv_run(loop, UV_RUN_DEFAULT)
        flushAll()
        thread.store(0, ordering: .relaxed)
    }

    /// Ends `run()` after the current turn. Only on the loop's thread.
    func stop() {
        uv_stop(loop)
    }

    private func takeInbox() {
        let arrived = inbox.withLock { inbox in
            let arrived = inbox.jobs
            inbox.jobs = []
            return arrived
        }
        jobs.append(contentsOf: arrived)
    }

    /// Runs just before the loop polls, so nothing made runnable in this turn waits for a socket.
    private func endTurn() {
        fireTimers()
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var budget = Self.jobsPerTurn
        while budget > 0, let job = jobs.popFirst() {
            job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            budget -= 1
        }
        jobsRun += UInt64(Self.jobsPerTurn - budget)
        let mustNotWait = endCoreTurn()
        // An active idle handle makes the next poll return at once.
        if mustNotWait || !jobs.isEmpty {
            uv_idle_start(idle) { _ in }
        } else {
            uv_idle_stop(idle)
        }
    }
}
