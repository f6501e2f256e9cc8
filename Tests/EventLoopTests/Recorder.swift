import EventLoop

/// A stream handler that keeps what it is told and lets a test wait for it.
@Loop
final class Recorder: StreamHandler {
    private(set) var received: [UInt8] = []
    private(set) var reachedEnd = false
    private(set) var drains = 0
    private(set) var closings: [StreamCloseReason] = []
    /// Called with each arrival, after it was kept.
    var onReceive: (@Loop (Recorder) -> Void)?
    private var waiters: [(condition: @Loop (Recorder) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        onReceive?(self)
        check()
    }

    func streamReachedEnd() {
        reachedEnd = true
        check()
    }

    func streamDrained() {
        drains += 1
        check()
    }

    func streamClosed(_ reason: StreamCloseReason) {
        closings.append(reason)
        check()
    }

    func wait(_ condition: @escaping @Loop (Recorder) -> Bool) async {
        guard !condition(self) else { return }
        await withCheckedContinuation { waiters.append((condition, $0)) }
    }

    private func check() {
        let met = waiters.filter { $0.condition(self) }
        waiters.removeAll { $0.condition(self) }
        for waiter in met { waiter.continuation.resume() }
    }
}
