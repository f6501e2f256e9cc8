import EventLoop
import TestSupport
import Testing

/// A stream handler that keeps what it is told and lets a test wait for it.
@Loop
final class Recorder: StreamHandler {
    private(set) var received: [UInt8] = []
    private(set) var reachedEnd = false
    private(set) var drains = 0
    private(set) var closings: [StreamCloseReason] = []
    /// Called with each arrival, after it was kept.
    var onReceive: (@Loop (Recorder) -> Void)?
    private let waiters = Waiters()

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        onReceive?(self)
        waiters.look()
    }

    func streamReachedEnd() {
        reachedEnd = true
        waiters.look()
    }

    func streamDrained() {
        drains += 1
        waiters.look()
    }

    func streamClosed(_ reason: StreamCloseReason) {
        closings.append(reason)
        waiters.look()
    }

    func wait(
        sourceLocation: SourceLocation = #_sourceLocation, _ condition: @escaping @Loop (Recorder) -> Bool
    ) async {
        await waiters.wait(
            for: "what the stream is to bring",
            seen: { "\(received.count) bytes, end \(reachedEnd), \(drains) drains, \(closings)" },
            sourceLocation: sourceLocation
        ) { [unowned self] in condition(self) }
    }
}
