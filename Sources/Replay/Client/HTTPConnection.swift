import EventLoop
import Wire

/// One keep-alive connection, one exchange at a time.
@Loop
final class HTTPConnection: StreamHandler {
    private let stream: Stream
    private var parser = HTTPResponseParser(limits: HTTPLimits(body: HTTPConnection.maximumBody))
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var waiting: CheckedContinuation<Result<HTTPReply, ReplayError>, Never>?
    private var deadline: ScheduledTimer?
    private(set) var isClosed = false

    /// Bytes: a page of 100 events is far below.
    private static let maximumBody = 4 * 1024 * 1024

    init(_ stream: Stream) {
        self.stream = stream
        stream.handler = self
    }

    /// Sends a request and waits for its answer, `timeout` at most.
    func exchange(
        _ request: [UInt8], method: HTTPMethod, timeout: Duration
    ) async throws(ReplayError) -> HTTPReply {
        guard !isClosed else { throw .outcomeUnknown("connection closed") }
        parser.requestMethod = method
        head = nil
        body = []
        deadline = SystemTiming.shared.after(timeout) { [weak self] in
            self?.fail("no answer within \(timeout)")
        }
        let result = await withCheckedContinuation { continuation in
            waiting = continuation
            stream.write(request)
        }
        return try result.get()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        stream.close(.local)
    }

    private func finish(_ result: Result<HTTPReply, ReplayError>) {
        deadline?.cancel()
        deadline = nil
        let continuation = waiting
        waiting = nil
        continuation?.resume(returning: result)
    }

    private func fail(_ text: String) {
        close()
        finish(.failure(.outcomeUnknown(text)))
    }

    private func complete() {
        guard let head else { return }
        if !head.keepsAlive { close() }
        finish(.success(HTTPReply(status: head.status, headers: head.headers, body: body)))
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        let input = [UInt8](bytes)
        guard waiting != nil else {
            // Nothing was asked: Nginx tells a connection's end by a 408.
            close()
            return
        }
        var offset = 0
        do throws(WireError) {
            while true {
                switch try parser.next(input.span, &offset) {
                case .needsMore: return
                case .interim: continue
                case .head(let head): self.head = head
                case .body(let range): body.append(contentsOf: input[range])
                case .end:
                    complete()
                    return
                }
            }
        } catch {
            fail("not HTTP: \(error)")
        }
    }

    func streamReachedEnd() {
        if waiting != nil, (try? parser.reachedEnd()) == true { complete() }
        fail("connection closed")
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        isClosed = true
        finish(.failure(.outcomeUnknown("connection closed: \(reason)")))
    }
}
