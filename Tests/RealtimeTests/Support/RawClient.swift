import EventLoop
import TestSupport
import Testing

/// A TCP client that sends what it is told and keeps what it gets.
@Loop final class RawClient: StreamHandler {
    let stream: Stream
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false
    private let waiters = Waiters()

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

    /// Until `check` holds or the peer has closed. The test fails where neither happens, and the client has ended then.
    func wait(
        for expected: String, sourceLocation: SourceLocation = #_sourceLocation, _ check: @escaping @Loop () -> Bool
    ) async {
        let isMet = await waiters.wait(
            for: expected, seen: { "\(received.count) bytes unread: \(text.prefix(500).debugDescription)" },
            sourceLocation: sourceLocation
        ) { [unowned self] in hasEnded || check() }
        if !isMet { hasEnded = true }
    }

    func waitForEnd(sourceLocation: SourceLocation = #_sourceLocation) async {
        await wait(for: "the end of the connection", sourceLocation: sourceLocation) { false }
    }

    func waitFor(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) async {
        await wait(for: text.debugDescription, sourceLocation: sourceLocation) { [unowned self] in
            self.text.contains(text)
        }
    }

    func close() { stream.close(.local) }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        waiters.look()
    }

    func streamReachedEnd() {
        hasEnded = true
        waiters.look()
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        hasEnded = true
        waiters.look()
    }
}
