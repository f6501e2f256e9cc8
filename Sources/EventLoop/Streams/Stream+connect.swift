extension Stream {
    /// Connects over TCP. Numeric hosts and "localhost" (127.0.0.1) need no resolver; other names are resolved off the
    /// loop, their addresses tried in order. `timeout` covers all of it; cancellation ends it at once.
    public static func connect(host: String, port: Int, timeout: Duration) async throws(LoopError) -> Stream {
        guard !host.isEmpty, (1...65535).contains(port) else { throw .badAddress("\(host):\(port)") }
        return try await establish(timeout: timeout) { attempt in
            if let address = SocketAddress(host: host, port: port) {
                attempt.connect(to: [address])
            } else {
                attempt.resolve(host: host, port: port)
            }
        }
    }

    /// Connects to a Unix socket.
    public static func connect(unixPath: String, timeout: Duration) async throws(LoopError) -> Stream {
        guard Listener.isValidPath(unixPath) else { throw .badAddress(unixPath) }
        return try await establish(timeout: timeout) { $0.connect(unixPath: unixPath) }
    }

    private static func establish(
        timeout: Duration, _ begin: @Loop (ConnectAttempt) -> Void
    ) async throws(LoopError) -> Stream {
        let attempt = ConnectAttempt()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if attempt.wait(continuation, timeout: timeout) { begin(attempt) }
            }
        } onCancel: {
            Loop.perform { attempt.finish(.failure(.cancelled)) }
        }
        return try result.get()
    }
}
