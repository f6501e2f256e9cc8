import EventLoop
import TestSupport

/// A TCP client that sends what it is told and keeps what it gets.
@Loop final class RawClient: StreamHandler {
    let stream: Stream
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false
    private var waiter: (check: () -> Bool, continuation: CheckedContinuation<Void, Never>)?

    private init(_ stream: Stream) {
        self.stream = stream
        stream.handler = self
    }

    static func connect(_ port: Int) async throws -> RawClient {
        RawClient(try await Stream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5)))
    }

    func send(_ text: String) { stream.write(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) { stream.write(bytes) }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Forgets what was received so far.
    func clear() { received = [] }

    /// Takes the first `count` bytes away.
    func drop(_ count: Int) { received.removeFirst(count) }

    /// Until `check` holds or the peer has closed.
    func wait(_ check: @escaping () -> Bool) async {
        if check() || hasEnded { return }
        await withCheckedContinuation { waiter = (check, $0) }
    }

    func waitForEnd() async { await wait { false } }

    func waitFor(_ text: String) async {
        await wait { [unowned self] in self.text.contains(text) }
    }

    func close() { stream.close(.local) }

    private func look() {
        guard let waiting = waiter, hasEnded || waiting.check() else { return }
        waiter = nil
        waiting.continuation.resume()
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        look()
    }

    func streamReachedEnd() {
        hasEnded = true
        look()
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        hasEnded = true
        look()
    }
}
