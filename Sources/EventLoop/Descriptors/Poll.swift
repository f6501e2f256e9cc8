import CLibuv

/// Readiness of a file descriptor somebody else reads and writes (the database and Redis drivers).
///
/// Level-triggered. The descriptor stays its owner's; `stop()` must be called before the descriptor is closed, and a
/// poll that is never stopped is never freed.
@Loop
public final class Poll {
    public struct Events: OptionSet, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }
        public static let readable = Events(rawValue: Int32(UV_READABLE.rawValue))
        public static let writable = Events(rawValue: Int32(UV_WRITABLE.rawValue))
    }

    private let handle = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
    private var handler: (@Loop (Events) -> Void)?
    private var interest: Events = []
    private var isStopped = false

    /// Makes the descriptor non-blocking. Fails for what cannot be polled (regular files) and what is polled already.
    public init(fileDescriptor: Int32) throws(LoopError) {
        let status = uv_poll_init(LoopCore.shared.loop, handle, fileDescriptor)
        guard status == 0 else {
            handle.deallocate()
            throw .system(operation: "poll", code: -status)
        }
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// Watches for `interest`; again to change interest or handler. An error of the descriptor surfaces as both events,
    /// once, and ends the watch until this or `change` is called again. Nothing after `stop()`.
    public func start(_ interest: Events, _ handler: @escaping @Loop (Events) -> Void) {
        guard !isStopped else { return }
        self.handler = handler
        change(interest)
    }

    /// Changes what is watched for; the empty set pauses. Costs nothing when it is what is watched already.
    public func change(_ interest: Events) {
        guard !isStopped, interest != self.interest else { return }
        self.interest = interest
        guard !interest.isEmpty else {
            uv_poll_stop(handle)
            return
        }
        uv_poll_start(handle, interest.rawValue) { handle, status, events in
            let poll = Unmanaged<Poll>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            guard !poll.isStopped else { return }
            // libuv stopped the watch with the error; asking again for the same interest must start it anew.
            if status < 0 { poll.interest = [] }
            poll.handler?(status < 0 ? [.readable, .writable] : Events(rawValue: events))
        }
    }

    /// Ends it for good; no event arrives after. Idempotent.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        handler = nil
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { raw in
            let poll = Unmanaged<Poll>.fromOpaque(raw!.pointee.data).takeRetainedValue()
            poll.handle.deallocate()
        }
    }
}
