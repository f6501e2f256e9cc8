import Glibc
import Synchronization

/// Where log lines go: a bounded buffer before a file descriptor. It never blocks: what the reader does not take in time
/// stays in the buffer, what the buffer cannot hold is dropped and counted, and the count is logged once there is room.
///
/// The process ignores SIGPIPE, or a reader that goes away ends it. May be used from any thread. The lock is for what runs off the loop; on the loop it is never waited for longer than a
/// copy into the buffer takes.
public final class LogSink: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var dropped: UInt64 = 0
        var isFlushScheduled = false
        var schedule: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let fileDescriptor: Int32
    private let capacity: Int
    private let droppedTotal = Counter()

    /// - Parameters:
    ///   - fileDescriptor: stays the caller's.
    ///   - capacity: bytes of lines that may wait.
    public init(fileDescriptor: Int32 = LogSink.standardOutput, capacity: Int = LogSink.defaultCapacity) {
        self.fileDescriptor = fileDescriptor
        self.capacity = capacity
    }

    public static let standardOutput: Int32 = STDOUT_FILENO
    /// Bytes: a second of a node that logs a line a request.
    public static let defaultCapacity = 1 << 20

    /// Lines that were dropped since the start.
    public var droppedLines: UInt64 { droppedTotal.value }

    /// From now on lines wait until `flush()`. `schedule` is called, on whatever thread wrote the line, when the first
    /// line waits: it has `flush()` called soon, at the end of the loop's turn. Without it each line is written at once.
    public func deferFlush(_ schedule: @escaping @Sendable () -> Void) {
        state.withLock { $0.schedule = schedule }
    }

    /// Writes what the descriptor takes without blocking.
    ///
    /// - Returns: false when bytes remain: call again later.
    @discardableResult
    public func flush() -> Bool {
        state.withLock { state in
            state.isFlushScheduled = false
            write(&state)
            return state.buffer.isEmpty
        }
    }

    /// Writes what is left, waiting for a slow reader; for the end of the process, when the loop has ended.
    ///
    /// - Parameters:
    ///   - milliseconds: how long to wait in all; after it the rest is lost.
    public func flushAtExit(milliseconds: Int32 = LogSink.exitMilliseconds) {
        var left = milliseconds
        while !flush(), left > 0 {
            let step = min(left, Self.exitStepMilliseconds)
            _ = isWritable(waiting: step)
            left -= step
        }
    }

    /// A second: the supervisor that reads the pipe is busy, or it is gone.
    public static let exitMilliseconds: Int32 = 1000
    /// So that a reader who takes little at a time does not use the second up at once.
    private static let exitStepMilliseconds: Int32 = 10

    /// Appends a line, its newline included.
    ///
    /// - Parameters:
    ///   - isUrgent: write at once, for the process may not live to flush.
    func append(_ line: [UInt8], isUrgent: Bool) {
        let schedule = state.withLock { state -> (@Sendable () -> Void)? in
            if state.buffer.count + line.count > capacity { write(&state) }
            guard state.buffer.count + line.count <= capacity else {
                state.dropped += 1
                droppedTotal.increment()
                return nil
            }
            state.buffer += line
            if isUrgent || state.schedule == nil { write(&state) }
            guard !state.buffer.isEmpty, !state.isFlushScheduled, state.schedule != nil else { return nil }
            state.isFlushScheduled = true
            return state.schedule
        }
        schedule?()
    }

    private func write(_ state: inout State) {
        var written = 0
        // A pipe that polls writable takes this much without blocking, and takes it whole (pipe(7)).
        while written < state.buffer.count, isWritable(waiting: 0) {
            let chunk = min(state.buffer.count - written, Int(PIPE_BUF))
            let count = state.buffer.withUnsafeBytes { bytes in
                Glibc.write(fileDescriptor, bytes.baseAddress.map { $0 + written }, chunk)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                // The reader is gone for good: keeping the lines would only fill the memory.
                if count < 0 && errno != EAGAIN { written = state.buffer.count }
                break
            }
            written += count
        }
        if written == state.buffer.count {
            state.buffer.removeAll(keepingCapacity: true)
        } else {
            state.buffer.removeFirst(written)
        }
        guard state.buffer.isEmpty, state.dropped > 0 else { return }
        let dropped = state.dropped
        state.dropped = 0
        var line = LogLine(level: .warning, event: "log.dropped", milliseconds: LogClock.now())
        line.field("lines", .integer(Int64(clamping: dropped)))
        state.buffer += line.finished()
    }

    private func isWritable(waiting milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
