import CLibuv

/// Runs a handler on the loop for each delivery of a signal (deliveries may coalesce).
@Loop
public final class SignalWatcher {
    private let handle = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
    private let handler: @Loop () -> Void
    private var isStopped = false

    /// From here on the signal's default action no longer happens. `signal` must be catchable.
    public init(_ signal: Int32, _ handler: @escaping @Loop () -> Void) {
        self.handler = handler
        uv_signal_init(LoopCore.shared.loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_signal_start(
            handle,
            { handle, _ in
                let watcher = Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                if !watcher.isStopped { watcher.handler() }
            }, signal)
        precondition(status == 0, "signal \(signal) cannot be watched")
    }

    /// Gives the signal its default action back (unless another watcher has it). Idempotent.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { raw in
            let watcher = Unmanaged<SignalWatcher>.fromOpaque(raw!.pointee.data).takeRetainedValue()
            watcher.handle.deallocate()
        }
    }
}
