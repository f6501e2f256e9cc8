import Glibc
import Synchronization

/// The global actor of everything bound to the event loop: one loop, one thread, one process.
@globalActor
public actor Loop {
    public static let shared = Loop()

    nonisolated public var unownedExecutor: UnownedSerialExecutor {
        LoopExecutor.shared.asUnownedSerialExecutor()
    }

    /// The loop as a task executor. Tasks that do loop work want it as their preference (`spawn` and `start` see to it).
    nonisolated public static var taskExecutor: any TaskExecutor { LoopExecutor.shared }

    /// Whether the calling thread is the loop's.
    nonisolated public static var isCurrent: Bool { LoopExecutor.shared.isOnLoop }

    // MARK: Running

    /// Runs the loop on the calling thread until `body` returns, and answers what it returned.
    ///
    /// The loop must not be running elsewhere. What other tasks left unfinished stays suspended until the loop runs again.
    public static func run<T: Sendable>(_ body: @escaping @Loop @Sendable () async -> T) -> T {
        let outcome = Outcome<T>()
        spawn {
            let value = await body()
            outcome.value.withLock { $0 = value }
            LoopExecutor.shared.stop()
        }
        LoopExecutor.shared.run()
        guard let value = outcome.value.withLock({ $0 }) else {
            preconditionFailure("the loop was stopped before its body returned")
        }
        return value
    }

    private final class Outcome<T: Sendable>: Sendable {
        let value = Mutex<T?>(nil)
    }

    private static let inBackground = Atomic<Bool>(false)

    /// Starts the loop on a thread of its own, once a process; for tests and tools. Idempotent, from any thread.
    public static func runInBackground() {
        guard !inBackground.exchange(true, ordering: .relaxed) else { return }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { _ in
                LoopExecutor.shared.run()
                return nil
            }, nil)
        precondition(status == 0, "no thread for the loop")
    }

    // MARK: Tasks

    /// Starts a root task on the loop, from any thread. Its resumes never leave the loop's thread.
    @discardableResult
    public static func spawn(_ body: @escaping @Loop @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: LoopExecutor.shared, operation: body)
    }

    /// Starts a task from loop code: it runs at once until it first suspends, so a body that does not suspend is done
    /// when this returns.
    @discardableResult
    @Loop public static func start(_ body: @escaping @Loop () async -> Void) -> Task<Void, Never> {
        LoopExecutor.shared.start { Task(executorPreference: LoopExecutor.shared, operation: body) }
    }

    /// Runs `action` at once when called on the loop's thread, else as the loop's next job. For cancellation handlers.
    public static func perform(_ action: @escaping @Loop @Sendable () -> Void) {
        if LoopExecutor.shared.isOnLoop {
            assumeIsolated(action)
        } else {
            spawn { action() }
        }
    }

    /// Calls loop code from code that runs on the loop's thread but cannot say so in its type. Traps on other threads.
    public static func assumeIsolated<T>(_ body: @Loop () throws -> T) rethrows -> T {
        LoopExecutor.shared.checkIsolated()
        typealias Unisolated = () throws -> T
        return try withoutActuallyEscaping(body) { body in
            // The thread was just checked, and isolation is not part of a function's representation.
            try unsafeBitCast(body, to: Unisolated.self)()
        }
    }

    // MARK: Turns

    /// Runs `action` once before this turn of the loop ends (before sockets are flushed): for coalescing.
    @Loop public static func atTurnEnd(_ action: @escaping @Loop () -> Void) {
        LoopCore.shared.turnEndActions.append(action)
    }

    /// Counters since the process began.
    @Loop public static var statistics: LoopStatistics { LoopCore.shared.statistics }

    /// The longest turn since this was last called (or since the start).
    @Loop public static func takeMaximumLag() -> Duration { LoopCore.shared.takeMaximumLag() }

    /// Called after each turn that kept the loop from its sockets for `LoopStatistics.slowTurnThreshold` or longer.
    @Loop public static var slowTurnHandler: (@Loop (Duration) -> Void)? {
        get { LoopCore.shared.slowTurnHandler }
        set { LoopCore.shared.slowTurnHandler = newValue }
    }
}
