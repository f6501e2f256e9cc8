import CLibuv
import Glibc

/// One outgoing connection on its way: ends once, with a stream, an error, its deadline or cancellation.
@Loop
final class ConnectAttempt {
    typealias Outcome = Result<Stream, LoopError>

    private var continuation: CheckedContinuation<Outcome, Never>?
    private var timer: ScheduledTimer?
    private var stream: Stream?
    private var remaining: ArraySlice<SocketAddress> = []
    private var isFinished = false

    /// Answers whether to begin; not when cancellation came first.
    func wait(_ continuation: CheckedContinuation<Outcome, Never>, timeout: Duration) -> Bool {
        guard !isFinished else {
            continuation.resume(returning: .failure(.cancelled))
            return false
        }
        self.continuation = continuation
        timer = SystemTiming.shared.after(timeout) { self.finish(.failure(.timedOut(operation: "connect"))) }
        return true
    }

    func finish(_ outcome: Outcome) {
        guard !isFinished else { return }
        isFinished = true
        timer?.cancel()
        timer = nil
        if case .failure = outcome { stream?.close(.local) }
        stream = nil
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    func resolve(host: String, port: Int) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_getaddrinfo(
            LoopCore.shared.loop, request,
            { request, status, list in
                let attempt = Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
                request!.deallocate()
                attempt.resolved(status, list)
                uv_freeaddrinfo(list)
            }, host, String(port), &hints)
        if status < 0 {
            Unmanaged<ConnectAttempt>.fromOpaque(request.pointee.data).release()
            request.deallocate()
            finish(.failure(.system(operation: "resolve", code: -status)))
        }
    }

    private func resolved(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        guard status == 0 else {
            finish(.failure(.system(operation: "resolve", code: -status)))
            return
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            var storage = sockaddr_storage()
            memcpy(&storage, entry.pointee.ai_addr, Int(entry.pointee.ai_addrlen))
            addresses.append(SocketAddress(storage))
            next = entry.pointee.ai_next
        }
        connect(to: addresses[...])
    }

    func connect(to addresses: ArraySlice<SocketAddress>) {
        guard !isFinished else { return }
        guard let address = addresses.first else {
            finish(.failure(.system(operation: "resolve", code: EADDRNOTAVAIL)))
            return
        }
        remaining = addresses.dropFirst()
        let stream = Stream(tcp: ())
        self.stream = stream
        let request = makeRequest()
        let status = address.withPointer { address in
            uv_tcp_connect(request, stream.tcpHandle, address) { request, status in
                ConnectAttempt.take(request!).connected(status)
            }
        }
        if status < 0 { Self.take(request).connected(status) }
    }

    func connect(unixPath: String) {
        let stream = Stream(unix: ())
        self.stream = stream
        uv_pipe_connect(makeRequest(), stream.pipeHandle, unixPath) { request, status in
            ConnectAttempt.take(request!).connected(status)
        }
    }

    private func makeRequest() -> UnsafeMutablePointer<uv_connect_t> {
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        return request
    }

    private static func take(_ request: UnsafeMutablePointer<uv_connect_t>) -> ConnectAttempt {
        let attempt = Unmanaged<ConnectAttempt>.fromOpaque(request.pointee.data).takeRetainedValue()
        request.deallocate()
        return attempt
    }

    private func connected(_ status: Int32) {
        guard !isFinished, let stream else { return }
        if status == 0 {
            if stream.isTCP { uv_tcp_nodelay(stream.tcpHandle, 1) }
            finish(.success(stream))
        } else if remaining.isEmpty {
            finish(.failure(.system(operation: "connect", code: -status)))
        } else {
            stream.close(.local)
            connect(to: remaining)
        }
    }
}
